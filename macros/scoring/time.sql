{% macro days_between(earlier, later) -%}
    ({{ microseconds_between(earlier, later) }} / 86400000000e0)
{%- endmacro %}


{% macro days_in_microseconds(days) -%}
    cast(round({{ days }} * 86400000000e0) as bigint)
{%- endmacro %}


{% macro add_days(moment, days) -%}
    {{ add_microseconds(moment, days_in_microseconds(days)) }}
{%- endmacro %}


{% macro end_of_day(day) -%}
    least({{ add_days('cast(' ~ day ~ ' as timestamp)', 1) }}, {{ as_of() }})
{%- endmacro %}


{% macro is_in_visit(moment, visits) -%}
    {{ moment }} >= {{ visits }}.counts_from
    and {{ moment }} < {{ visits }}.counts_until
{%- endmacro %}


{% macro microseconds_text(moment) -%}
    cast({{ microseconds_between("cast('1970-01-01' as timestamp)", moment) }} as varchar)
{%- endmacro %}


{% macro midnight_from(moment) -%}
    case
        when {{ moment }} = date_trunc('day', {{ moment }}) then {{ moment }}
        else {{ add_days("date_trunc('day', " ~ moment ~ ")", 1) }}
    end
{%- endmacro %}


{% macro period_of(moment) -%}
    cast(floor({{ days_between("cast('2000-01-01' as timestamp)", moment) }} / 30) as bigint)
{%- endmacro %}


{% macro period_begins(period) -%}
    {{ add_days("cast('2000-01-01' as timestamp)", '(30 * ' ~ period ~ ')') }}
{%- endmacro %}
