{% macro plain_text(text) -%}
    nullif({{ without_case('trim(' ~ text ~ ')') }}, '')
{%- endmacro %}


{#- The engine makes σ of every Σ, although the end of a word is spelt ς. -#}
{% macro without_case(text) -%}
    replace(lower({{ text }}), 'ς', 'σ')
{%- endmacro %}


{% macro given_text(text) -%}
    nullif(trim({{ text }}), '')
{%- endmacro %}


{#- Names of properties and attributes are compared as they stand. -#}
{% macro exact_text(text) -%}
    case when trim({{ text }}) != '' then {{ text }} end
{%- endmacro %}


{% macro operand(text, operator) -%}
    case
        when {{ plain_text(operator) }} in ('in', 'not_in', 'between')
            then regexp_replace({{ plain_text(text) }}, '\s*\|\s*', '|', 'g')
        else {{ plain_text(text) }}
    end
{%- endmacro %}


{% macro points_text(points) -%}
    case when {{ points }} > 0 then '+' else '' end
    || coalesce(
        cast(try_cast({{ round_half_up(points, 2) }} as decimal(18, 2)) as varchar), cast({{ points }} as varchar)
    )
{%- endmacro %}


{% macro first_three(text, place) -%}
    max(case when {{ place }} = 1 then {{ text }} end)
    || coalesce(', ' || max(case when {{ place }} = 2 then {{ text }} end), '')
    || coalesce(', ' || max(case when {{ place }} = 3 then {{ text }} end), '')
{%- endmacro %}
