{#- Read only while executing, so that another moment does not make dbt parse the project again. -#}
{% macro as_of() -%}
    {%- if execute -%}
        {%- set utc = modules.pytz.utc -%}
        {%- set given = env_var('SCORING_AS_OF', '') -%}
        {%- set moment = modules.datetime.datetime.fromisoformat(given) if given else run_started_at -%}
        {%- set moment = moment.astimezone(utc) if moment.tzinfo else moment -%}
        cast('{{ moment.strftime('%Y-%m-%d %H:%M:%S.%f') }}' as timestamp)
    {%- else -%}
        cast(null as timestamp)
    {%- endif -%}
{%- endmacro %}
