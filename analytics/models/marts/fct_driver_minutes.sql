-- What GET /v1/drivers/{driver_id}/minutes answers, without distance and speed: a geodesic is no matter for SQL.
with located as (
    select
        driver_id,
        date_trunc('minute', recorded_at) as minute,
        recorded_at,
        event_id,
        latitude,
        longitude,
        is_doubtful,
        count(*) over (partition by driver_id, date_trunc('minute', recorded_at)) as positions,
        count(case when is_doubtful then 1 end) over (
            partition by driver_id, date_trunc('minute', recorded_at)
        ) as doubtful_positions
    from {{ ref('stg_location_events') }}
    where live
        and latitude is not null
        and longitude is not null
),

-- Doubtful positions only where a minute has no others.
fixes as (
    select
        *,
        row_number() over (partition by driver_id, minute order by recorded_at, event_id) as number_from_first,
        row_number() over (partition by driver_id, minute order by recorded_at desc, event_id desc) as number_from_last
    from located
    where not is_doubtful or positions = doubtful_positions
),

ends as (
    select
        driver_id,
        minute,
        max(positions) as positions,
        max(doubtful_positions) as doubtful_positions,
        avg(latitude) as mean_latitude,
        max(case when number_from_first = 1 then recorded_at end) as first_recorded_at,
        max(case when number_from_first = 1 then latitude end) as first_latitude,
        max(case when number_from_first = 1 then longitude end) as first_longitude,
        max(case when number_from_last = 1 then recorded_at end) as last_recorded_at,
        max(case when number_from_last = 1 then latitude end) as last_latitude,
        max(case when number_from_last = 1 then longitude end) as last_longitude
    from fixes
    group by driver_id, minute
),

-- Each longitude on the side of the antimeridian that is nearer to the first one.
offsets as (
    select
        fixes.driver_id,
        fixes.minute,
        avg(
            case
                when fixes.longitude - ends.first_longitude > 180 then fixes.longitude - ends.first_longitude - 360
                when fixes.longitude - ends.first_longitude < -180 then fixes.longitude - ends.first_longitude + 360
                else fixes.longitude - ends.first_longitude
            end
        ) as mean_offset
    from fixes
    inner join ends on fixes.driver_id = ends.driver_id and fixes.minute = ends.minute
    group by fixes.driver_id, fixes.minute
)

select
    ends.driver_id,
    ends.minute,
    ends.positions,
    ends.doubtful_positions,
    ends.mean_latitude,
    case
        when ends.first_longitude + offsets.mean_offset > 180 then ends.first_longitude + offsets.mean_offset - 360
        when ends.first_longitude + offsets.mean_offset < -180 then ends.first_longitude + offsets.mean_offset + 360
        else ends.first_longitude + offsets.mean_offset
    end as mean_longitude,
    ends.first_recorded_at,
    ends.first_latitude,
    ends.first_longitude,
    ends.last_recorded_at,
    ends.last_latitude,
    ends.last_longitude
from ends
inner join offsets on ends.driver_id = offsets.driver_id and ends.minute = offsets.minute
where {{ is_whole('cast(ends.minute as date)') }}
