{#- The moments at which outcomes are learned from or looked back from; by default the last two whose horizon is over. -#}
{% macro cutoffs() -%}
    {%- set horizon = var('outcome_horizon_days') -%}
    {%- set moments = [] -%}
    {%- for text in var('training_cutoffs') or [none] -%}
        {%- do moments.append(['training', cutoff(text, -2 * horizon)]) -%}
    {%- endfor -%}
    {%- for text in var('evaluation_cutoffs') or [none] -%}
        {%- do moments.append(['evaluation', cutoff(text, -horizon)]) -%}
    {%- endfor -%}
    {%- do moments.append(['now', as_of()]) -%}
    {%- for purpose, moment in moments -%}
        select '{{ purpose }}' as purpose, {{ moment }} as cutoff_at, {{ add_days(moment, horizon) }} as horizon_ends_at
        {{- ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro cutoff(text, days_from_as_of) -%}
    {%- if text -%} cast('{{ text }}' as timestamp) {%- else -%} {{ add_days(as_of(), days_from_as_of) }} {%- endif -%}
{%- endmacro %}
