{% macro matches_pattern(text, pattern) -%}
    {{ return(adapter.dispatch('matches_pattern', 'scoring')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_pattern(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}


{% macro holds_invisible(text) -%}
    {{ return(adapter.dispatch('holds_invisible', 'scoring')(text)) }}
{%- endmacro %}

{#- The characters that scripts/support/scorebook/tables.py calls so. -#}
{% macro duckdb__holds_invisible(text) -%}
    regexp_matches(
        {{ text }},
        '[\x00-\x09\x0b-\x1f\x7f-\x{a0}\x{ad}\x{34f}\x{61c}\x{115f}\x{1160}\x{1680}\x{17b4}\x{17b5}\x{180e}'
        || '\x{2000}-\x{200b}\x{200e}\x{200f}\x{2028}-\x{202f}\x{205f}-\x{2064}\x{2066}-\x{206f}\x{2800}\x{3000}\x{3164}'
        || '\x{feff}\x{ffa0}\x{e0001}]'
    )
{%- endmacro %}


{% macro parse_number(text) -%}
    {{ return(adapter.dispatch('parse_number', 'scoring')(text)) }}
{%- endmacro %}

{#- The engine reads 1_000, nan and inf as numbers too, so that the form is checked first; 1e999 is infinite. -#}
{% macro duckdb__parse_number(text) -%}
    case
        when {{ matches_pattern('trim(' ~ text ~ ')', '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?') }}
            and isfinite(try_cast({{ text }} as double))
        then try_cast({{ text }} as double)
    end
{%- endmacro %}


{% macro parse_timestamp(text) -%}
    {{ return(adapter.dispatch('parse_timestamp', 'scoring')(text)) }}
{%- endmacro %}

{#- A cast straight to timestamp would drop the offset; through timestamptz it is applied (the session is in UTC). -#}
{% macro duckdb__parse_timestamp(text) -%}
    {%- set trimmed = 'upper(trim(' ~ text ~ '))' -%}
    {%- set date = '[0-9]{4}-[0-9]{2}-[0-9]{2}' -%}
    {%- set time = '([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?' -%}
    {%- set zone = '(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)' -%}
    case
        when {{ matches_pattern(trimmed, date ~ '([ T]' ~ time ~ zone ~ '?)?') }}
        then {{ ordinary_moment('try_cast(' ~ trimmed ~ " as timestamptz)") }}
    end
{%- endmacro %}


{% macro parse_boolean(text) -%}
    case
        when lower(trim({{ text }})) in ('true', 't', 'yes', '1') then true
        when lower(trim({{ text }})) in ('false', 'f', 'no', '0') then false
    end
{%- endmacro %}


{% macro json_text(document, key) -%}
    {{ return(adapter.dispatch('json_text', 'scoring')(document, key)) }}
{%- endmacro %}

{#- A JSON pointer takes any key as it is, also one with dots, quotes or dollar signs. -#}
{% macro duckdb__json_text(document, key) -%}
    json_extract_string({{ document }}, '/' || replace(replace({{ key }}, '~', '~0'), '/', '~1'))
{%- endmacro %}


{% macro is_json_object(text) -%}
    {{ return(adapter.dispatch('is_json_object', 'scoring')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_object(text) -%}
    (json_valid({{ text }}) and left(ltrim({{ text }}, ' ' || chr(9) || chr(10) || chr(13)), 1) = '{')
{%- endmacro %}


{% macro microseconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('microseconds_between', 'scoring')(earlier, later)) }}
{%- endmacro %}

{% macro duckdb__microseconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}


{% macro add_microseconds(moment, microseconds) -%}
    {{ return(adapter.dispatch('add_microseconds', 'scoring')(moment, microseconds)) }}
{%- endmacro %}

{% macro duckdb__add_microseconds(moment, microseconds) -%}
    ({{ moment }} + to_microseconds({{ microseconds }}))
{%- endmacro %}


{% macro integers_up_to(limit) -%}
    {{ return(adapter.dispatch('integers_up_to', 'scoring')(limit)) }}
{%- endmacro %}

{% macro duckdb__integers_up_to(limit) -%}
    select cast(step as bigint) as step from (select unnest(range(1, {{ limit }} + 1)) as step)
{%- endmacro %}


{% macro hash_of(values) -%}
    {{ return(adapter.dispatch('hash_of', 'scoring')(values)) }}
{%- endmacro %}

{% macro duckdb__hash_of(values) -%}
    hash({{ values | join(', ') }})
{%- endmacro %}
