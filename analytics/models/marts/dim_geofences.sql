-- Names of geofences that were crossed; where events disagree, the one that sorts last, as in the daily numbers.
select
    {{ geofence_key() }} as geofence_key,
    max(geofence_id) as geofence_id,
    max(geofence_tag) as geofence_tag,
    max(geofence_external_id) as geofence_external_id,
    min(recorded_at) as first_crossed_at,
    max(recorded_at) as last_crossed_at
from {{ ref('stg_location_events') }}
where live
    and kind in ({{ crossing_kinds() }})
group by {{ geofence_key() }}
