{#- What is never seen adds nothing. -#}
{% macro likelihood_gained(seen, expected) -%}
    coalesce({{ seen }} * ln(nullif({{ seen }}, 0) / ({{ expected }})), 0)
{%- endmacro %}
