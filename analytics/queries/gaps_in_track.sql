-- Gaps in a driver's track
-- Where a driver's positions stop for more than five minutes: those on a trip first, then the longest.
-- A gap is on a trip if the positions on both sides of it are of the same one. Doubtful positions end no gap.
WITH events AS ({{events}}),

steps AS (
    SELECT
        driver_id,
        recorded_at AS lost_at,
        latitude AS lost_latitude,
        longitude AS lost_longitude,
        trip_id,
        lead(recorded_at) OVER track AS found_at,
        lead(latitude) OVER track AS found_latitude,
        lead(longitude) OVER track AS found_longitude,
        lead(trip_id) OVER track AS found_trip_id
    FROM events
    WHERE live
        AND latitude IS NOT NULL
        AND longitude IS NOT NULL
        AND NOT is_doubtful
    WINDOW track AS (PARTITION BY driver_id ORDER BY recorded_at, event_id)
),

gaps AS (
    SELECT
        driver_id,
        CASE WHEN trip_id = found_trip_id THEN trip_id END AS on_trip_id,
        lost_at,
        found_at,
        date_diff('millisecond', lost_at, found_at) / 6e4 AS minutes,
        lost_latitude,
        lost_longitude,
        found_latitude,
        found_longitude
    FROM steps
)

SELECT *
FROM gaps
WHERE minutes > 5
ORDER BY CASE WHEN on_trip_id IS NULL THEN 1 ELSE 0 END, minutes DESC, driver_id, lost_at
LIMIT 1000
