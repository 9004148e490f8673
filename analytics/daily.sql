-- A day's numbers, all of them, by one reading of the lake.
--
-- Each row has the same measures, for one grain of the day:
--
--   grain     one row for each        and what says which
--   day       live                    live
--   kind      kind                    kind
--   hour      hour in which anything  elapsed_hour, counted from the day's first moment: 0, 1, 2 …
--             happened
--   geofence  hour and geofence       elapsed_hour, geofence_id (NULL: crossings of geofences without an id)
--             crossed in it
--   driver    driver                  driver_id
--   lag       bucket of a histogram   up_to_s, seconds (NULL: the last bucket, which has no end)
--
-- Test traffic (live is false) has one row, of grain day, and is in no other.
--
-- Filled in before it runs: the view of location_events.sql with its days of arrival, and the day's first moment
-- and that of the next day, UTC, 2026-11-20 03:00:00.000. An event is of the day in which it was recorded, whenever
-- it arrived, and that is decided after repeats are gone: of an id at two times that both arrived on the days that are
-- read, one counts.
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
        live,
        kind,
        driver_id,
        event_id,
        geofence_id,
        geofence_tag,
        geofence_external_id,
        longitude,
        recorded_at,
        deliveries,
        latitude IS NOT NULL AND longitude IS NOT NULL AS is_position,
        kind IN ('geofence_entered', 'geofence_exited', 'geofence_dwelled') AS is_crossing,
        -- Both ids are unique within their driver only.
        driver_id || ' ' || coalesce(trip_id, event_id) AS trip,
        CAST(floor(date_diff('millisecond', TIMESTAMP '{{day_from}}', recorded_at) / 3.6e6) AS integer) AS elapsed_hour,
        date_diff('millisecond', recorded_at, received_at) AS lag_ms,
        -- The latitude on the sphere around the ellipsoid. The factor is 1 - f; WGS 84's flattening f is
        -- 1 / 298.257223563.
        atan(0.9966471893352525e0 * tan(radians(latitude))) AS reduced_latitude
    FROM events
    WHERE recorded_at >= TIMESTAMP '{{day_from}}'
        AND recorded_at < TIMESTAMP '{{day_to}}'
),

-- Beside each position, its driver's position before it on this day. An id is there once, so the order is total.
steps AS (
    SELECT
        *,
        lag(recorded_at) OVER track AS previous_recorded_at,
        lag(reduced_latitude) OVER track AS previous_reduced_latitude,
        lag(longitude) OVER track AS previous_longitude
    FROM of_day
    WINDOW track AS (PARTITION BY live, driver_id, is_position ORDER BY recorded_at, event_id)
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
            WHEN grouping(geofence_id) = 0 THEN 'geofence'
            WHEN grouping(elapsed_hour) = 0 THEN 'hour'
            WHEN grouping(driver_id) = 0 THEN 'driver'
            WHEN grouping(up_to_s) = 0 THEN 'lag'
            ELSE 'day'
        END AS grain,
        live,
        kind,
        elapsed_hour,
        geofence_id,
        driver_id,
        up_to_s,
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
        max(geofence_tag) FILTER (WHERE is_crossing) AS geofence_tag,
        max(geofence_external_id) FILTER (WHERE is_crossing) AS geofence_external_id
    FROM measured
    GROUP BY GROUPING SETS (
        (live),
        (live, kind),
        (live, elapsed_hour),
        (live, elapsed_hour, geofence_id),
        (live, driver_id),
        (live, up_to_s)
    )
)

SELECT *
FROM grains
WHERE (live OR grain = 'day')
    -- Other events of the hour, most of them without a geofence.
    AND (grain <> 'geofence' OR entered + exited + dwelled > 0)
