-- Crossings per day
-- How often each geofence was entered, left and dwelled in on each day, and by how many drivers. Which geofence it is
-- says its id, else its external id, else its tag.
-- A day is the company's, in which the crossing was recorded; the first day of the period may miss some.
WITH events AS ({{events}})

SELECT
    CAST(
        -- The column has no zone, and what AT TIME ZONE makes of such a time differs: so the zone is written behind it.
        CAST(CAST(recorded_at AS varchar) || ' UTC' AS timestamp with time zone) AT TIME ZONE '{{time_zone}}' AS date
    ) AS crossed_on,
    max(geofence_id) AS geofence_id,
    max(geofence_tag) AS geofence_tag,
    max(geofence_external_id) AS geofence_external_id,
    count(CASE WHEN kind = 'geofence_entered' THEN 1 END) AS entered,
    count(CASE WHEN kind = 'geofence_exited' THEN 1 END) AS exited,
    count(CASE WHEN kind = 'geofence_dwelled' THEN 1 END) AS dwelled,
    count(DISTINCT driver_id) AS distinct_drivers
FROM events
WHERE live
    AND kind IN ('geofence_entered', 'geofence_exited', 'geofence_dwelled')
GROUP BY 1, geofence_key
ORDER BY crossed_on DESC, geofence_key
