-- Changes of deliveries that nobody was given: an assignment that the operations log lost. An assignment may be made
-- days before its day, and then have arrived before the window: the window's first week is left out.
{% set from = "cast('" ~ arrived_from() ~ "' as timestamp)" %}

select
    updates.delivery_id,
    updates.event_id
from {{ ref('stg_updates') }} as updates
left join {{ ref('stg_assignments') }} as assignments
    on updates.delivery_id = assignments.delivery_id
where assignments.delivery_id is null
    and updates.delivery_date > {{ seconds_after(from, 7 * 86400) }}
