-- Whoever an event or a package was of. The ids of location events are the provider's, those of deliveries are the
-- lists': where a company uses one for both, both halves of a row are filled.
with located as (
    select
        driver_id,
        max(external_driver_id) as external_driver_id,
        count(*) as events,
        min(recorded_at) as first_event_at,
        max(recorded_at) as last_event_at
    from {{ ref('stg_location_events') }}
    where live
    group by driver_id
),

loaded as (
    select
        driver_id,
        count(distinct delivery_id) as deliveries
    from (
        select driver_id, delivery_id from {{ ref('stg_assignments') }}
        union all
        select driver_id, delivery_id from {{ ref('stg_updates') }}
    ) as changes
    group by driver_id
)

select
    coalesce(located.driver_id, loaded.driver_id) as driver_id,
    located.external_driver_id,
    coalesce(located.events, 0) as events,
    located.first_event_at,
    located.last_event_at,
    coalesce(loaded.deliveries, 0) as deliveries
from located
full outer join loaded on located.driver_id = loaded.driver_id
