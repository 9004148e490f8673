-- What the lake has and the log has not: an event that was answered without being stored, or that nobody sent. The
-- log forgets after a time (`retentionDays.events`), so the window must be shorter than that. An export without a
-- row does not say when it was made, and excuses nothing.
{{ config(enabled=reconciles()) }}

select
    lake.driver_id,
    lake.recorded_at,
    lake.event_id,
    lake.received_at
from {{ ref('stg_location_events') }} as lake
left join {{ source('log', 'log_keys') }} as log_keys
    on lake.driver_id = log_keys.driver_id
    and lake.recorded_at = log_keys.recorded_at
    and lake.event_id = log_keys.event_id
where log_keys.event_id is null
    and lake.received_at <= coalesce(
        (select max(exported_at) from {{ source('log', 'log_keys') }}),
        lake.received_at
    )
