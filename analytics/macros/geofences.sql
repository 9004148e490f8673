{# A geofence's id, or what stands for those without one: a column without nulls, to group and join by. #}
{% macro geofence_key() -%}
    coalesce(geofence_id, '(without an id)')
{%- endmacro %}

{# Kinds that say that a geofence was crossed. #}
{% macro crossing_kinds() -%}
    'geofence_entered', 'geofence_exited', 'geofence_dwelled'
{%- endmacro %}
