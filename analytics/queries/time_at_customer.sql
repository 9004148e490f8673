-- Time at customer
-- Each visit to a customer's geofence (those tagged customer): when the driver came and left, and the minutes between.
-- left_at is empty where the next thing known is another arrival, or nothing.
WITH events AS ({{events}}),

crossings AS (
    SELECT
        driver_id,
        geofence_key,
        geofence_id,
        geofence_external_id,
        kind,
        order_id,
        recorded_at,
        lead(kind) OVER visits AS next_kind,
        lead(recorded_at) OVER visits AS next_recorded_at
    FROM events
    WHERE live
        AND geofence_tag = 'customer'
        AND kind IN ('geofence_entered', 'geofence_exited')
    WINDOW visits AS (PARTITION BY driver_id, geofence_key ORDER BY recorded_at, event_id)
)

SELECT
    driver_id,
    geofence_id,
    geofence_external_id,
    order_id,
    recorded_at AS entered_at,
    CASE WHEN next_kind = 'geofence_exited' THEN next_recorded_at END AS left_at,
    CASE
        WHEN next_kind = 'geofence_exited' THEN date_diff('millisecond', recorded_at, next_recorded_at) / 6e4
    END AS minutes
FROM crossings
WHERE kind = 'geofence_entered'
ORDER BY entered_at DESC, driver_id, geofence_key
