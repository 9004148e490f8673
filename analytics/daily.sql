-- A day's numbers, all of them, by one reading of the lake.
--
-- Each row has the same measures, for one grain of the day:
--
--   grain     one row for each        and what says which
--   day       traffic                 traffic
--   kind      kind                    kind
--   hour      hour in which anything  elapsed_hour, counted from the day's first moment: 0, 1, 2 …
--             happened
--   geofence  hour and geofence       elapsed_hour, geofence_key (NULL: crossings of geofences without a name)
--             crossed in it
--   driver    driver                  driver_id
--   lag       bucket of a histogram   up_to_s, seconds (NULL: the last bucket, which has no end)
--   flags     combination of flags    flags, names joined by commas (NULL: none)
--
-- Traffic is live, test (live is false) or too_late: live events that arrived on this day when the day in which they
-- were recorded was final. Test and too_late have one row each, of grain day, and are in no other.
--
-- Filled in before it runs: the view of location_events.sql with its days of arrival, the day's first moment and that
-- of the next day, and the first moment of the oldest day that was not final on this one, UTC,
-- 2026-11-20 03:00:00.000. An event is of the day in which it was recorded, whenever it arrived.
--
-- Distances are between positions that are not doubtful: what comes before a doubtful one and what comes after it are
-- joined directly. All else counts doubtful positions as well.
--
-- Measures are whole numbers, distances whole millimetres, step by step, so that sums are the same in whatever order
-- an engine adds. crates/aggregation/src/day/rows.rs reads the rows; day.rs there says what each number means.
--
-- Athena (Trino) and DuckDB both take it. Where they differ: a whole number divided by another is whole in Trino and
-- is not in DuckDB, so divisors here are doubles (3.6e6); date_diff counts whole units in Trino and borders between
-- units in DuckDB, so it is asked for milliseconds, which times here are made of; asin beyond 1 is NaN in Trino and an
-- error in DuckDB; least() of NULL and a number is NULL in Trino and the number in DuckDB, so it is not used.
WITH events AS (
{{events}}
),

-- What each event says by itself.
of_day AS (
    SELECT
        CASE
            WHEN NOT live THEN 'test'
            WHEN recorded_at < TIMESTAMP '{{final_before}}' THEN 'too_late'
            ELSE 'live'
        END AS traffic,
        kind,
        driver_id,
        event_id,
        flags,
        geofence_key,
        geofence_id,
        geofence_tag,
        geofence_external_id,
        longitude,
        recorded_at,
        deliveries,
        latitude IS NOT NULL AND longitude IS NOT NULL AS is_position,
        latitude IS NOT NULL AND longitude IS NOT NULL AND NOT is_doubtful AS is_measured,
        kind IN ('geofence_entered', 'geofence_exited', 'geofence_dwelled') AS is_crossing,
        -- Ids are unique within their driver only, and an event without a trip is one of its own. The length says where the
        -- driver's id ends.
        CAST(length(driver_id) AS varchar) || ' ' || driver_id || ' ' || coalesce(
            'trip ' || trip_id, 'event ' || CAST(recorded_at AS varchar) || ' ' || event_id
        ) AS trip,
        CAST(floor(date_diff('millisecond', TIMESTAMP '{{day_from}}', recorded_at) / 3.6e6) AS integer) AS elapsed_hour,
        date_diff('millisecond', recorded_at, received_at) AS lag_ms,
        -- The latitude on the sphere around the ellipsoid. The factor is 1 - f; WGS 84's flattening f is
        -- 1 / 298.257223563.
        atan(0.9966471893352525e0 * tan(radians(latitude))) AS reduced_latitude
    FROM events
    WHERE (recorded_at >= TIMESTAMP '{{day_from}}' AND recorded_at < TIMESTAMP '{{day_to}}')
        OR (
            live
            AND recorded_at < TIMESTAMP '{{final_before}}'
            AND received_at >= TIMESTAMP '{{day_from}}'
            AND received_at < TIMESTAMP '{{day_to}}'
        )
),

-- Beside each position, when its driver's position before it on this day was; and where the one before it was that is
-- measured, if this one is. Of a driver, a time and an id are there once, so the order is total.
steps AS (
    SELECT
        *,
        lag(recorded_at) OVER track AS previous_recorded_at,
        CASE WHEN is_measured THEN lag(reduced_latitude) OVER measured_track END AS previous_reduced_latitude,
        CASE WHEN is_measured THEN lag(longitude) OVER measured_track END AS previous_longitude
    FROM of_day
    WINDOW
        track AS (PARTITION BY traffic, driver_id, is_position ORDER BY recorded_at, event_id),
        measured_track AS (PARTITION BY traffic, driver_id, is_measured ORDER BY recorded_at, event_id)
),

-- How far apart the two are on that sphere, as haversine: 0 is the same point, 1 the opposite one.
haversines AS (
    SELECT
        *,
        (reduced_latitude + previous_reduced_latitude) / 2e0 AS p,
        (reduced_latitude - previous_reduced_latitude) / 2e0 AS q,
        power(sin((reduced_latitude - previous_reduced_latitude) / 2e0), 2)
        + cos(reduced_latitude) * cos(previous_reduced_latitude)
        * power(sin(radians(longitude - previous_longitude) / 2e0), 2) AS haversine
    FROM steps
),

-- The same as an angle, radians.
angles AS (
    SELECT
        *,
        2e0 * asin(CASE WHEN haversine < 1e0 THEN sqrt(haversine) WHEN haversine >= 1e0 THEN 1e0 END) AS angle
    FROM haversines
),

-- What is added up.
measured AS (
    SELECT
        *,
        -- Lambert's formula for long lines, within 1e-5 of the geodesic up to some 15,000 km: W. D. Lambert, "The distance between two
        -- widely separated points on the surface of the earth", 1942, also in
        -- https://en.wikipedia.org/wiki/Geographical_distance. 6378137e3 is WGS 84's equatorial radius in
        -- millimetres, 1.6764053323737402e-3 half its flattening.
        CASE
            WHEN haversine = 0 THEN 0
            -- It fails for points almost opposite each other. No driver leaps so far: the sphere will do.
            WHEN haversine > 0.975e0 THEN CAST(round(6378137e3 * angle) AS bigint)
            ELSE CAST(round(6378137e3 * (
                angle - 1.6764053323737402e-3 * (
                    (angle - sin(angle)) * power(sin(p) * cos(q), 2) / (1e0 - haversine)
                    + (angle + sin(angle)) * power(cos(p) * sin(q), 2) / haversine
                )
            )) AS bigint)
        END AS step_mm,
        -- Positions are in order, so a minute's first is the one whose predecessor is in another minute.
        CASE
            WHEN NOT is_position THEN 0
            WHEN date_trunc('minute', previous_recorded_at) = date_trunc('minute', recorded_at) THEN 0
            ELSE 1
        END AS begins_minute,
        -- LAG_BOUNDS_S in day.rs. A negative lag is a device whose clock is ahead of ours.
        CASE
            WHEN lag_ms <= 1000 THEN 1
            WHEN lag_ms <= 5000 THEN 5
            WHEN lag_ms <= 30000 THEN 30
            WHEN lag_ms <= 60000 THEN 60
            WHEN lag_ms <= 600000 THEN 600
            WHEN lag_ms <= 3600000 THEN 3600
            WHEN lag_ms <= 86400000 THEN 86400
        END AS up_to_s
    FROM angles
),

grains AS (
    SELECT
        -- grouping() is 0 where the row is of one value of the column, and 1 where it is of all.
        CASE
            WHEN grouping(kind) = 0 THEN 'kind'
            WHEN grouping(geofence_key) = 0 THEN 'geofence'
            WHEN grouping(elapsed_hour) = 0 THEN 'hour'
            WHEN grouping(driver_id) = 0 THEN 'driver'
            WHEN grouping(up_to_s) = 0 THEN 'lag'
            WHEN grouping(flags) = 0 THEN 'flags'
            ELSE 'day'
        END AS grain,
        traffic,
        kind,
        elapsed_hour,
        geofence_key,
        driver_id,
        up_to_s,
        flags,
        count(*) AS events,
        count(*) FILTER (WHERE is_position) AS positions,
        count(DISTINCT driver_id) AS distinct_drivers,
        count(DISTINCT CASE WHEN kind = 'trip_started' THEN trip END) AS trips_started,
        count(DISTINCT CASE WHEN kind = 'trip_arrived' THEN trip END) AS trips_arrived,
        count(*) FILTER (WHERE kind = 'geofence_entered') AS entered,
        count(*) FILTER (WHERE kind = 'geofence_exited') AS exited,
        count(*) FILTER (WHERE kind = 'geofence_dwelled') AS dwelled,
        sum(begins_minute) AS active_minutes,
        coalesce(sum(step_mm), 0) AS distance_mm,
        sum(deliveries - 1) AS repeated_rows,
        -- LATE_AFTER_S in day.rs.
        count(*) FILTER (WHERE lag_ms > 600000) AS late_arrivals,
        max(geofence_id) FILTER (WHERE is_crossing) AS geofence_id,
        max(geofence_tag) FILTER (WHERE is_crossing) AS geofence_tag,
        max(geofence_external_id) FILTER (WHERE is_crossing) AS geofence_external_id
    FROM measured
    GROUP BY GROUPING SETS (
        (traffic),
        (traffic, kind),
        (traffic, elapsed_hour),
        (traffic, elapsed_hour, geofence_key),
        (traffic, driver_id),
        (traffic, up_to_s),
        (traffic, flags)
    )
)

SELECT *
FROM grains
WHERE (traffic = 'live' OR grain = 'day')
    -- Other events of the hour, most of them without a geofence.
    AND (grain <> 'geofence' OR entered + exited + dwelled > 0)
