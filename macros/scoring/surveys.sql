{% macro nps(promoters, detractors, responses) -%}
    (100e0 * ({{ promoters }} - {{ detractors }}) / {{ responses }})
{%- endmacro %}


{#- An answer counts 1, 0 or -1: its variance is p + d - (p - d)^2, which rounding could take below 0. -#}
{% macro nps_margin(promoters, detractors, responses) -%}
    (196 * sqrt(
        greatest(
            1e0 * ({{ promoters }} + {{ detractors }}) / {{ responses }}
            - power(1e0 * ({{ promoters }} - {{ detractors }}) / {{ responses }}, 2),
            0
        ) / {{ responses }}
    ))
{%- endmacro %}
