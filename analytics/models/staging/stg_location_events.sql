-- analytics/location_events.sql as a model: the same rows and columns, whatever the engine (a test compares them).
with delivered as (
    select
        {{ field('schema_version', 'integer') }} as schema_version,
        {{ field('event_id', 'varchar') }} as event_id,
        {{ field('source', 'varchar') }} as source,
        {{ field('event_type', 'varchar') }} as event_type,
        {{ field('kind', 'varchar') }} as kind,
        {{ field('driver_id', 'varchar') }} as driver_id,
        {{ field('external_driver_id', 'varchar') }} as external_driver_id,
        {{ field('order_id', 'varchar') }} as order_id,
        {{ field('trip_id', 'varchar') }} as trip_id,
        {{ field('geofence_id', 'varchar') }} as geofence_id,
        {{ field('geofence_tag', 'varchar') }} as geofence_tag,
        {{ field('geofence_external_id', 'varchar') }} as geofence_external_id,
        {{ field('latitude', 'double') }} as latitude,
        {{ field('longitude', 'double') }} as longitude,
        {{ field('accuracy_m', 'double') }} as accuracy_m,
        {{ field('altitude_m', 'double') }} as altitude_m,
        {{ field('speed_mps', 'double') }} as speed_mps,
        {{ field('heading_deg', 'double') }} as heading_deg,
        {{ field('battery_pct', 'double') }} as battery_pct,
        {{ field('recorded_at', 'timestamp') }} as recorded_at,
        {{ field('received_at', 'timestamp') }} as received_at,
        {{ field('live', 'boolean') }} as live,
        {{ field('attributes', 'varchar') }} as attributes,
        {{ field('flags', 'varchar') }} as flags,
        dt
    from {{ source('lake', 'location_events') }}
    where {{ arrived() }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by driver_id, recorded_at, event_id order by received_at, dt, latitude nulls last
        ) as occurrence,
        count(*) over (partition by driver_id, recorded_at, event_id) as deliveries,
        case
            when geofence_id is not null then 'id:' || geofence_id
            when geofence_external_id is not null then 'external_id:' || geofence_external_id
            when geofence_tag is not null then 'tag:' || geofence_tag
        end as geofence_key,
        coalesce(
            position(',accuracy_poor,' in ',' || flags || ',') > 0
            or position(',null_island,' in ',' || flags || ',') > 0,
            false
        ) as is_doubtful
    from delivered
)

select
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
from numbered
where occurrence = 1
