{# Which geofence a crossing is of, by staging's column, or what stands for those that name none: a column without nulls,
   to group and join by. Keys have a colon. #}
{% macro geofence_key() -%}
    coalesce(geofence_key, '(without a name)')
{%- endmacro %}

{# Kinds that say that a geofence was crossed. #}
{% macro crossing_kinds() -%}
    'geofence_entered', 'geofence_exited', 'geofence_dwelled'
{%- endmacro %}
