with events as (
    select *
    from {{ ref('stg_location_events') }}
    where live
        and trip_id is not null
),

trips as (
    select
        driver_id,
        trip_id,
        max(order_id) as order_id,
        min(case when kind = 'trip_started' then recorded_at end) as started_at,
        min(case when kind = 'trip_approaching' then recorded_at end) as approached_at,
        min(case when kind = 'trip_arrived' then recorded_at end) as arrived_at,
        max(case when kind = 'trip_stopped' then recorded_at end) as stopped_at,
        count(*) as events,
        count(case when latitude is not null and longitude is not null then 1 end) as positions,
        min(recorded_at) as first_event_at,
        max(recorded_at) as last_event_at
    from events
    group by driver_id, trip_id
)

select
    driver_id,
    trip_id,
    order_id,
    case
        when stopped_at is not null then 'stopped'
        when arrived_at is not null then 'arrived'
        when approached_at is not null then 'approaching'
        else 'under_way'
    end as state,
    started_at,
    approached_at,
    arrived_at,
    stopped_at,
    {{ seconds_between('started_at', 'arrived_at') }} as seconds_to_arrival,
    events,
    positions,
    first_event_at,
    last_event_at
from trips
