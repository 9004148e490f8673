-- Location events, each once: what everyone queries instead of the table itself.
--
-- The table holds events as they were delivered, and delivery is at least once: whatever the relay or
-- Firehose tries again is there twice, and an event that its sender repeats after the log has forgotten
-- it is there again. Of all rows of an event (event_id is unique within its driver) the one received
-- first counts, and deliveries says how many there are between the two days below.
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
    dt,
    deliveries
FROM (
    SELECT
        *,
        -- One request may bring an id twice, at two times, or with a position and without: whatever is read first, the
        -- earlier one counts, or the one with the position.
        row_number() OVER (
            PARTITION BY driver_id, event_id
            ORDER BY received_at, dt, recorded_at, latitude NULLS LAST
        ) AS occurrence,
        count(*) OVER (PARTITION BY driver_id, event_id) AS deliveries
    FROM location_events
    WHERE dt BETWEEN '{{from}}' AND '{{to}}'
) AS occurrences
WHERE occurrence = 1
