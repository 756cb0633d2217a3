{#- What is never seen adds nothing. -#}
{% macro likelihood_gained(seen, expected) -%}
    coalesce({{ seen }} * ln(nullif({{ seen }}, 0) / ({{ expected }})), 0)
{%- endmacro %}


{#- The standard normal distribution has 2.5 % above it, and as much below its negative. -#}
{% macro normal_quantile() -%} 1.959963984540054 {%- endmacro %}


{#- Without the correction for ties, which would make it pass more easily. -#}
{% macro ranks_beyond_chance(auc, contacts, conversions) -%}
    (
        abs({{ auc }} - 0.5) * {{ conversions }} * ({{ contacts }} - {{ conversions }}) - 0.5
        > {{ normal_quantile() }} * sqrt(1e0 * {{ conversions }} * ({{ contacts }} - {{ conversions }}) * ({{ contacts }} + 1) / 12e0)
    )
{%- endmacro %}
