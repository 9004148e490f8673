{# The day that a UTC time is in, in the company's time zone. #}
{% macro local_day(time) %}{{ return(adapter.dispatch('local_day')(time)) }}{% endmacro %}

{% macro default__local_day(time) -%}
    cast({{ time }} at time zone 'UTC' at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}

{# Trino reads a time without a zone as one of the session's, and AT TIME ZONE keeps the moment. #}
{% macro athena__local_day(time) -%}
    cast(with_timezone({{ time }}, 'UTC') at time zone '{{ var("time_zone") }}' as date)
{%- endmacro %}

{% macro snowflake__local_day(time) -%}
    to_date(convert_timezone('UTC', '{{ var("time_zone") }}', {{ time }}))
{%- endmacro %}

{# Seconds from one time to another, to the millisecond; date_diff in seconds would count full ones in Trino and
   clock ticks in DuckDB. #}
{% macro seconds_between(earlier, later) %}{{ return(adapter.dispatch('seconds_between')(earlier, later)) }}{% endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    cast(date_diff('millisecond', {{ earlier }}, {{ later }}) as double) / 1e3
{%- endmacro %}

{% macro snowflake__seconds_between(earlier, later) -%}
    cast(datediff('millisecond', {{ earlier }}, {{ later }}) as double) / 1e3
{%- endmacro %}

{# A UTC time so many seconds later. #}
{% macro seconds_after(time, seconds) %}{{ return(adapter.dispatch('seconds_after')(time, seconds)) }}{% endmacro %}

{% macro default__seconds_after(time, seconds) -%}
    {{ time }} + interval '{{ seconds }}' second
{%- endmacro %}

{% macro snowflake__seconds_after(time, seconds) -%}
    dateadd('second', {{ seconds }}, {{ time }})
{%- endmacro %}
