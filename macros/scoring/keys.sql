{#- The unit separator cannot stand in an id that people type, so that ('a|b', 'c') and ('a', 'b|c') stay apart. -#}
{% macro surrogate_key(parts) -%}
    md5({% for part in parts -%}
        coalesce(cast({{ part }} as {{ dbt.type_string() }}), ''){{ " || chr(31) || " if not loop.last }}
    {%- endfor %})
{%- endmacro %}


{% macro landed_key(columns) -%}
    {%- for column in columns -%}
        coalesce({{ json_text('raw', "'" ~ column ~ "'") }}, ''){{ " || '|' || " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
