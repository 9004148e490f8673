-- The daily crossings are the staged ones, each in exactly one day.
with staged as (
    select count(*) as crossings
    from {{ ref('stg_location_events') }}
    where live
        and kind in ({{ crossing_kinds() }})
        and {{ is_whole(local_day('recorded_at')) }}
),

counted as (
    select coalesce(sum(crossings), 0) as crossings
    from {{ ref('fct_geofence_crossings_daily') }}
)

select
    staged.crossings as staged,
    counted.crossings as counted
from staged
cross join counted
where staged.crossings <> counted.crossings
