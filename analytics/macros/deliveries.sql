{# The number of a delivery's change: what its event's id ends in, 2026-11-20/driver/package/3. #}
{% macro sequence_of(event_id) %}{{ return(adapter.dispatch('sequence_of')(event_id)) }}{% endmacro %}

{% macro default__sequence_of(event_id) -%}
    cast(regexp_extract({{ event_id }}, '[0-9]+$') as integer)
{%- endmacro %}

{% macro snowflake__sequence_of(event_id) -%}
    cast(regexp_substr({{ event_id }}, '[0-9]+$') as integer)
{%- endmacro %}

{# What the operations log's tables have in common: each event once, of its rows the one that arrived first. `more` are
   columns of one table alone. #}
{% macro operations_log(table, more=[]) %}
with arrived as (
    select
        {{ field('schema_version', 'integer') }} as schema_version,
        {{ field('event_id', 'varchar') }} as event_id,
        {{ field('date', 'date') }} as delivery_date,
        {{ field('driver_id', 'varchar') }} as driver_id,
        {{ field('package_id', 'varchar') }} as package_id,
        {{ field('status', 'varchar') }} as status,
        {{ field('previous_status', 'varchar') }} as previous_status,
        {{ field('run_id', 'varchar') }} as run_id,
        {{ field('by', 'varchar') }} as changed_by,
        {{ field('reason', 'varchar') }} as reason,
        {{ field('proof', 'varchar') }} as proof,
        {{ field('at', 'timestamp') }} as changed_at,
        {{ field('occurred_at', 'timestamp') }} as occurred_at,
        {%- for name, type in more %}
        {{ field(name, type) }} as {{ name }},
        {%- endfor %}
        dt
    from {{ source('lake', table) }}
    where {{ arrived() }}
),

numbered as (
    select
        *,
        row_number() over (partition by driver_id, event_id order by changed_at, dt) as occurrence,
        count(*) over (partition by driver_id, event_id) as arrivals
    from arrived
)

select
    schema_version,
    event_id,
    cast(delivery_date as varchar) || '/' || driver_id || '/' || package_id as delivery_id,
    delivery_date,
    driver_id,
    package_id,
    {{ sequence_of('event_id') }} as sequence,
    status,
    previous_status,
    run_id,
    changed_by,
    reason,
    proof,
    changed_at,
    occurred_at,
    {%- for name, type in more %}
    {{ name }},
    {%- endfor %}
    dt,
    arrivals
from numbered
where occurrence = 1
{% endmacro %}
