{#- Read only while executing, so that another moment does not make dbt parse the project again. -#}
{% macro as_of() -%}
    {%- if execute -%}
        {{- given_moment(env_var('SCORING_AS_OF', '') or run_started_at.isoformat()) -}}
    {%- else -%}
        cast(null as timestamp)
    {%- endif -%}
{%- endmacro %}


{#- Engines differ in what they make of an offset. -#}
{% macro given_moment(text) -%}
    {%- set moment = modules.datetime.datetime.fromisoformat(text ~ '') -%}
    {%- set moment = moment.astimezone(modules.pytz.utc) if moment.tzinfo else moment -%}
    cast('{{ moment.strftime('%Y-%m-%d %H:%M:%S.%f') }}' as timestamp)
{%- endmacro %}
