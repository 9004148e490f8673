with crossings as (
    select
        {{ local_day('recorded_at') }} as crossed_on,
        {{ geofence_key() }} as geofence_key,
        kind,
        driver_id,
        recorded_at
    from {{ ref('stg_location_events') }}
    where live
        and kind in ({{ crossing_kinds() }})
)

select
    crossed_on,
    geofence_key,
    kind,
    count(*) as crossings,
    count(distinct driver_id) as distinct_drivers,
    min(recorded_at) as first_crossed_at,
    max(recorded_at) as last_crossed_at
from crossings
where {{ is_whole('crossed_on') }}
group by crossed_on, geofence_key, kind
