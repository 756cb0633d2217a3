{#- What nobody reads when a build is done stands in a database of its own, if the command that builds removes it. -#}
{% macro generate_database_name(custom_database_name, node) -%}
    {{ 'scratch' if custom_database_name == 'scratch' and env_var('SCORING_SCRATCH', '') else target.database }}
{%- endmacro %}
