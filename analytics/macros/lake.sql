{# What a column of the lake is called where it lies, as a value of a type. #}
{% macro field(name, type) %}{{ return(adapter.dispatch('field')(name, type)) }}{% endmacro %}

{% macro default__field(name, type) -%}
    cast("{{ name }}" as {{ type }})
{%- endmacro %}

{# Snowflake's raw tables keep each Parquet row as one VARIANT, whose names are case-sensitive. #}
{% macro snowflake__field(name, type) -%}
    record:"{{ name }}"::{{ 'timestamp_ntz' if type == 'timestamp' else type }}
{%- endmacro %}

{# The first arrival day that is read, 2026-11-01. #}
{% macro arrived_from() -%}
    {{ var('arrived_from') or (run_started_at - modules.datetime.timedelta(days=var('arrival_days'))).strftime('%Y-%m-%d') }}
{%- endmacro %}

{# The last one. #}
{% macro arrived_to() -%}
    {{ var('arrived_to') or run_started_at.strftime('%Y-%m-%d') }}
{%- endmacro %}

{# Rows that arrived in the window. Literals, on the partition column itself: only those prune. #}
{% macro arrived() -%}
    dt between '{{ arrived_from() }}' and '{{ arrived_to() }}'
{%- endmacro %}

{# Days that the window holds all of. Of its first day, what was recorded the day before may be missing, and in
   a zone east of Greenwich a day begins on the day before in UTC. Of its last day, where it was chosen, what
   arrived after it; without a choice that is today so far. #}
{% macro is_whole(day) -%}
    {{ day }} > cast('{{ arrived_from() }}' as date)
    {%- if var('arrived_to') %}
    and {{ day }} < cast('{{ arrived_to() }}' as date)
    {%- endif %}
{%- endmacro %}

{# Whether there is an export of the log to compare with. #}
{% macro reconciles() %}
    {%- set asked = var('reconcile') -%}
    {{ return(target.type == 'duckdb' if asked is none else asked) }}
{% endmacro %}

{# Seconds that an event may be on its way to the lake: on AWS, Firehose's buffer and some. #}
{% macro log_lag_s() %}
    {%- set asked = var('log_lag_s') -%}
    {{ return((10 if target.type == 'duckdb' else 900) if asked is none else asked) }}
{% endmacro %}
