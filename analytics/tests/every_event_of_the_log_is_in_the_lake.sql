-- What the log has and the lake has not: an event that the relay or Firehose lost. What was received a moment before
-- the export, or before the end of the window, may still be under way.
{{ config(enabled=reconciles()) }}

{% set arrives = seconds_after('log_keys.received_at', log_lag_s()) %}

select
    log_keys.driver_id,
    log_keys.recorded_at,
    log_keys.event_id,
    log_keys.received_at
from {{ source('log', 'log_keys') }} as log_keys
left join {{ ref('stg_location_events') }} as lake
    on log_keys.driver_id = lake.driver_id
    and log_keys.recorded_at = lake.recorded_at
    and log_keys.event_id = lake.event_id
where lake.event_id is null
    and log_keys.received_at >= cast('{{ arrived_from() }}' as timestamp)
    and cast({{ arrives }} as date) <= cast('{{ arrived_to() }}' as date)
    and {{ arrives }} <= log_keys.exported_at
