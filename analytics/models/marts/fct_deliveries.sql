-- A row for each package, driver and day, as its last change left it. None without dispatch. What was added to a status
-- later (`previous_status` is `status`) is no other change of it.
with changes as (
    select
        delivery_id, delivery_date, driver_id, package_id, sequence, status, previous_status, run_id, reason,
        changed_at,
        weight_kg, volume_m3, distance_km, region
    from {{ ref('stg_assignments') }}
    union all
    select
        delivery_id, delivery_date, driver_id, package_id, sequence, status, previous_status, run_id, reason,
        changed_at,
        cast(null as double) as weight_kg,
        cast(null as double) as volume_m3,
        cast(null as double) as distance_km,
        cast(null as varchar) as region
    from {{ ref('stg_updates') }}
),

numbered as (
    select
        *,
        row_number() over (partition by delivery_id order by sequence desc, changed_at desc) as number_from_last
    from changes
),

deliveries as (
    select
        delivery_id,
        max(delivery_date) as delivery_date,
        max(driver_id) as driver_id,
        max(package_id) as package_id,
        max(case when number_from_last = 1 then status end) as status,
        max(case when number_from_last = 1 then run_id end) as run_id,
        max(case when number_from_last = 1 then reason end) as reason,
        min(case when status = 'assigned' then changed_at end) as assigned_at,
        min(case when status = 'accepted' then changed_at end) as accepted_at,
        min(case when status = 'in_progress' then changed_at end) as started_at,
        min(case when status in ('delivered', 'failed_to_deliver') then changed_at end) as finished_at,
        count(case when previous_status = status then null else 1 end) as changes,
        max(weight_kg) as weight_kg,
        max(volume_m3) as volume_m3,
        max(distance_km) as distance_km,
        max(region) as region
    from numbered
    group by delivery_id
)

select
    delivery_id,
    delivery_date,
    driver_id,
    package_id,
    status,
    run_id,
    reason,
    assigned_at,
    accepted_at,
    started_at,
    finished_at,
    {{ seconds_between('assigned_at', 'finished_at') }} as seconds_to_finish,
    changes,
    weight_kg,
    volume_m3,
    distance_km,
    region
from deliveries
