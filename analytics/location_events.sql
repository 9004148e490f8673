-- Location events, each once: what everyone queries instead of the table itself.
--
-- The table holds events as they were delivered, and delivery is at least once: whatever the relay or
-- Firehose tries again is there twice, and an event that its sender repeats after the log has forgotten
-- it is there again. An event is known by driver_id, recorded_at and event_id, as in the log. Of its rows
-- the one received first counts, and deliveries says how many there are between the two days below.
--
-- Two columns are made here. geofence_key says which geofence an event is about: the one of this id, else
-- of this external id, else of this tag. The kind of name is part of it, and NULL is an event that names
-- none. is_doubtful is true of positions that distances leave out (Flag::is_doubtful_position).
--
-- {{from}} and {{to}} are the first and the last arrival day, 2026-11-20, both included. They are inside
-- because no engine moves a condition on dt past the row_number(): a view without them would read the
-- whole lake for every question. A repeat may arrive a day later than its event, so a report about one
-- day reads that day and the next, and then selects by received_at.
--
-- Athena (Trino) and DuckDB both take it: no QUALIFY, no * EXCEPT, and no semicolon, so that it can be
-- the body of a CTE: WITH events AS (<this file>) SELECT … FROM events.
SELECT
    schema_version,
    event_id,
    source,
    event_type,
    kind,
    driver_id,
    external_driver_id,
    order_id,
    trip_id,
    geofence_id,
    geofence_tag,
    geofence_external_id,
    latitude,
    longitude,
    accuracy_m,
    altitude_m,
    speed_mps,
    heading_deg,
    battery_pct,
    recorded_at,
    received_at,
    live,
    attributes,
    flags,
    dt,
    deliveries,
    geofence_key,
    is_doubtful
FROM (
    SELECT
        *,
        -- One request may bring an event twice, with a position and without: whatever is read first, the one with the
        -- position counts.
        row_number() OVER (
            PARTITION BY driver_id, recorded_at, event_id
            ORDER BY received_at, dt, latitude NULLS LAST
        ) AS occurrence,
        count(*) OVER (PARTITION BY driver_id, recorded_at, event_id) AS deliveries,
        CASE
            WHEN geofence_id IS NOT NULL THEN 'id:' || geofence_id
            WHEN geofence_external_id IS NOT NULL THEN 'external_id:' || geofence_external_id
            WHEN geofence_tag IS NOT NULL THEN 'tag:' || geofence_tag
        END AS geofence_key,
        -- Flags are names joined by commas.
        coalesce(
            position(',accuracy_poor,' IN ',' || flags || ',') > 0
            OR position(',null_island,' IN ',' || flags || ',') > 0,
            false
        ) AS is_doubtful
    FROM location_events
    WHERE dt BETWEEN '{{from}}' AND '{{to}}'
) AS occurrences
WHERE occurrence = 1
