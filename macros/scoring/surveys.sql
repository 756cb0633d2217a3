{% macro nps(promoters, detractors, responses) -%}
    (100e0 * ({{ promoters }} - {{ detractors }}) / {{ responses }})
{%- endmacro %}


{#- An answer counts 1, 0 or -1: its variance is p + d - (p - d)^2, which rounding could take below 0. -#}
{% macro nps_bound(promoters, detractors, responses, side) -%}
    {%- set variance -%}
        greatest(
            1e0 * ({{ promoters }} + {{ detractors }}) / {{ responses }}
            - power(1e0 * ({{ promoters }} - {{ detractors }}) / {{ responses }}, 2),
            0
        )
    {%- endset -%}
    {%- set bound -%}
        {{ nps(promoters, detractors, responses) }} + {{ side }} * 196 * sqrt({{ variance }} / {{ responses }})
    {%- endset -%}
    {{ round_half_up('least(greatest(' ~ bound ~ ', -100), 100)', 6) }}
{%- endmacro %}
