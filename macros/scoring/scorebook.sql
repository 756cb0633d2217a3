{% macro scorebook_seeds() -%}
    {%- set seeds = [] -%}
    {%- if execute -%}
        {%- do seeds.extend(graph.nodes.values() | selectattr('resource_type', 'equalto', 'seed') | sort(attribute='name')) -%}
    {%- endif -%}
    {{ return(seeds) }}
{%- endmacro %}


{% macro cell_complaints(seed, files) -%}
    {%- set complaints = [] -%}
    {%- for column in seed.columns.values() -%}
        {%- set meta, cell = column.config.meta, column.name -%}
        {%- set given = plain_text(cell) -%}
        {%- set readable = readable_cell(column) -%}
        {%- if meta.required -%}
            {%- do complaints.append('case when ' ~ given ~ " is null then '" ~ cell ~ " is empty' end") -%}
        {%- endif -%}
        {%- if meta.without -%}
            {%- do complaints.append(
                'case when ' ~ cell ~ " like '%" ~ meta.without ~ "%' then '" ~ cell ~ ": ''' || "
                ~ cell ~ " || ''' holds " ~ meta.without ~ "' end"
            ) -%}
        {%- endif -%}
        {%- if readable -%}
            {%- do complaints.append(
                'case when ' ~ given ~ ' is not null and ' ~ readable.value ~ " is null then '" ~ cell ~ ": ''' || "
                ~ cell ~ " || ''' is not " ~ readable.expected ~ "' end"
            ) -%}
        {%- endif -%}
        {%- if meta.references -%}
            {%- set known = [] -%}
            {%- for target in meta.references -%}
                {%- set file, key = target.split('.') -%}
                {%- do known.append('select ' ~ plain_text(key) ~ ' from ' ~ files[file] ~ ' where ' ~ plain_text(key) ~ ' is not null') -%}
            {%- endfor -%}
            {%- do complaints.append(
                'case when ' ~ given ~ ' not in (' ~ known | join(' union all ') ~ ") then '" ~ cell ~ ": ''' || "
                ~ cell ~ " || ''' is not in " ~ meta.references | join(' or ') ~ "' end"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(complaints) }}
{%- endmacro %}


{#- What a cell of this kind reads as, null where it does not: {value, expected}; none for text, which always reads. -#}
{% macro readable_cell(column) -%}
    {%- set cell, allowed = column.name, column.config.meta.allowed or [] -%}
    {{ return({
        'number': {'value': parse_number(cell), 'expected': 'a number'},
        'integer': {'value': 'nullif(mod(' ~ parse_number(cell) ~ ', 1) = 0, false)', 'expected': 'a whole number'},
        'boolean': {'value': parse_boolean(cell), 'expected': 'true or false'},
        'timestamp': {
            'value': parse_timestamp(cell), 'expected': 'a time such as 2026-01-31 or 2026-01-31T09:00:00Z'
        },
        'choice': {
            'value': 'nullif(' ~ plain_text(cell) ~ " in ('" ~ allowed | join("', '") ~ "'), false)",
            'expected': 'one of ' ~ allowed | join(', '),
        },
    }.get(column.config.meta.kind)) }}
{%- endmacro %}
