{#- The unit separator cannot stand in an id that people type, so that ('a|b', 'c') and ('a', 'b|c') stay apart. -#}
{% macro surrogate_key(parts) -%}
    md5({% for part in parts -%}
        coalesce(cast({{ part }} as {{ dbt.type_string() }}), ''){{ " || chr(31) || " if not loop.last }}
    {%- endfor %})
{%- endmacro %}


{% macro scorebook_version() -%}
    {%- set checksums = [] -%}
    {%- if execute -%}
        {%- for seed in graph.nodes.values() if seed.resource_type == 'seed' and seed.package_name == project_name -%}
            {%- do checksums.append(seed.name ~ ':' ~ seed.checksum.checksum) -%}
        {%- endfor -%}
    {%- endif -%}
    '{{ local_md5(checksums | sort | join('|')) }}'
{%- endmacro %}
