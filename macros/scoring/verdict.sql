{#- In the contract's order of reasons. Defaults are what no row fails by. -#}
{% macro verdict(fault, moment, repeat_number='1', stage="''", is_known='true') -%}
    case
        when {{ fault }} is not null then {{ fault }}
        when {{ repeat_number }} > 1 then 'duplicate'
        when {{ stage }} is null then 'unknown_stage'
        when {{ moment }} > {{ add_days(as_of(), 1) }} then 'future'
        when {{ moment }} > {{ as_of() }} then 'waiting'
        when {{ is_known }} is not true then 'unmatched'
        else 'used'
    end
{%- endmacro %}


{% macro is_rejected(verdict) -%}
    {{ verdict }} not in ('used', 'waiting', 'unmatched')
{%- endmacro %}
