{#- Read only while executing, so that a continued build does not make dbt parse the project again. -#}
{% macro is_continued() -%}
    {{ return(execute and env_var('SCORING_CONTINUED_FROM', '') != '') }}
{%- endmacro %}


{% macro as_of_before() -%}
    cast('{{ env_var('SCORING_CONTINUED_FROM') if is_continued() else '0001-01-01' }}' as timestamp)
{%- endmacro %}


{#- No ref: it is what the build before left, and may be what this model is about to correct. -#}
{% macro built_before(name) -%}
    {{ return(this.incorporate(path={'database': target.database, 'schema': 'internal', 'identifier': name})) }}
{%- endmacro %}


{% macro is_redone(contact_id, contacts) -%}
    {%- if is_continued() -%}
        {{ contact_id }} in (select redone.contact_id from {{ contacts }} as redone)
    {%- else -%} true
    {%- endif -%}
{%- endmacro %}


{#- A build from nothing compares states with themselves. -#}
{% macro states_before(states, id='contact_id') -%}
    (select {{ id }}, state from {{ this if is_continued() else states }} where state is not null)
{%- endmacro %}
