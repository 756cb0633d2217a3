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
        {%- for problem in cell_problems(column, files) -%}
            {%- do complaints.append(
                'case when ' ~ problem.when ~ ' then ' ~ sql_text(column.name ~ ": '") ~ ' || coalesce(' ~ column.name
                ~ ", '') || " ~ sql_text("' " ~ problem.words) ~ ' end'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(complaints) }}
{%- endmacro %}


{#- One entry for each word of seeds/scorebook.yml that can refuse a cell; scripts/support/scorebook/rules.py has the same. -#}
{% macro cell_problems(column, files) -%}
    {%- set meta, cell = column.config.meta, column.name -%}
    {%- set given, value, reading = plain_text(cell), comparable_cell(column), readable_cell(column) -%}
    {%- set is_given = given ~ ' is not null' -%}
    {%- set problems = [
        {'when': holds_invisible(cell), 'words': 'holds an invisible character'},
        {
            'when': 'chr(10) in (left(trim(' ~ cell ~ '), 1), right(trim(' ~ cell ~ '), 1))',
            'words': 'begins or ends with a line break'
        }
    ] -%}
    {%- if meta.required -%} {%- do problems.append({'when': given ~ ' is null', 'words': 'is empty'}) -%} {%- endif -%}
    {%- if meta.required_unless -%}
        {%- set exempt, _, word = meta.required_unless.partition('=') -%}
        {%- set is_exempt = plain_text(exempt) ~ " = '" ~ word ~ "'" if word else parse_boolean(exempt) -%}
        {%- do problems.append({
            'when': given ~ ' is null and not coalesce(' ~ is_exempt ~ ', false)',
            'words': 'is empty, which only a row with ' ~ meta.required_unless ~ ' may leave it'
        }) -%}
    {%- endif -%}
    {%- if meta.required_if -%}
        {%- do problems.append({
            'when': given ~ ' is null and ' ~ parse_number(meta.required_if) ~ ' != 0',
            'words': 'is empty, but the row gives ' ~ meta.required_if
        }) -%}
    {%- endif -%}
    {%- if reading -%}
        {%- do problems.append({
            'when': is_given ~ ' and ' ~ reading.value ~ ' is null', 'words': 'is not ' ~ reading.expected
        }) -%}
    {%- endif -%}
    {%- if meta.needs -%}
        {%- do problems.append({
            'when': is_given ~ ' and ' ~ plain_text(meta.needs) ~ ' is null', 'words': 'needs ' ~ meta.needs
        }) -%}
    {%- endif -%}
    {%- if meta.not_with -%}
        {%- do problems.append({
            'when': is_given ~ ' and ' ~ plain_text(meta.not_with) ~ ' is not null', 'words': 'stands with ' ~ meta.not_with
        }) -%}
    {%- endif -%}
    {%- if meta.unique or meta.once -%}
        {%- set counted = value ~ " in ('" ~ meta.once | join("', '") ~ "')" if meta.once else is_given -%}
        {%- do problems.append({
            'when': counted ~ ' and count(*) over (partition by ' ~ value ~ ') > 1', 'words': 'is there twice'
        }) -%}
    {%- endif -%}
    {%- if meta.references -%}
        {%- do problems.append({
            'when': is_given ~ ' and ' ~ value ~ ' not in (' ~ known_values(meta.references, files) ~ ')',
            'words': 'is not in ' ~ meta.references | join(' or ')
        }) -%}
    {%- endif -%}
    {%- if meta.excludes -%}
        {%- do problems.append({
            'when': given ~ " in ('" ~ meta.excludes | join("', '") ~ "')", 'words': 'cannot be used here'
        }) -%}
    {%- endif -%}
    {%- if meta.without -%}
        {%- do problems.append({'when': cell ~ " like '%" ~ meta.without ~ "%'", 'words': 'holds ' ~ meta.without}) -%}
    {%- endif -%}
    {%- if meta.spelt -%}
        {%- set words = "('" ~ meta.spelt | join("', '") ~ "')" -%}
        {%- do problems.append({
            'when': given ~ ' in ' ~ words ~ ' and ' ~ cell ~ ' not in ' ~ words, 'words': 'is spelt otherwise'
        }) -%}
    {%- endif -%}
    {%- for word, sign in [('above', '<='), ('minimum', '<'), ('maximum', '>')] if word in meta -%}
        {%- do problems.append({
            'when': parse_number(cell) ~ ' ' ~ sign ~ ' ' ~ meta[word], 'words': 'is not within ' ~ word ~ ' ' ~ meta[word]
        }) -%}
    {%- endfor -%}
    {%- for word in ['not_below', 'not_before'] if word in meta -%}
        {%- set low = parse_number(meta[word]) if word == 'not_below' else parse_timestamp(meta[word]) -%}
        {%- do problems.append({'when': reading.value ~ ' < ' ~ low, 'words': 'is under ' ~ meta[word]}) -%}
    {%- endfor -%}
    {%- if meta.operand_of -%}
        {%- do problems.append({
            'when': is_no_operand(cell, plain_text(meta.operand_of)), 'words': 'does not fit ' ~ meta.operand_of
        }) -%}
    {%- endif -%}
    {{ return(problems) }}
{%- endmacro %}


{% macro is_no_operand(cell, operator) -%}
    case
        when {{ operator }} in ('is_present', 'is_missing') then false
        when {{ plain_text(cell) }} is null then {{ operator }} is not null
        when {{ operator }} in ('gt', 'gte', 'lt', 'lte') then {{ parse_number(cell) }} is null
        when {{ operator }} = 'between'
            then not coalesce(
                length({{ cell }}) - length(replace({{ cell }}, '|', '')) = 1
                and {{ parse_number("split_part(" ~ cell ~ ", '|', 1)") }}
                <= {{ parse_number("split_part(" ~ cell ~ ", '|', 2)") }},
                false
            )
        else false
    end
{%- endmacro %}


{% macro comparable_cell(column) -%}
    {%- set cell, meta = column.name, column.config.meta -%}
    {%- if meta.kind in ['number', 'integer'] -%} {{ return(parse_number(cell)) }}
    {%- elif meta.exact -%} {{ return(exact_text(cell)) }}
    {%- else -%} {{ return(plain_text(cell)) }}
    {%- endif -%}
{%- endmacro %}


{% macro known_values(references, files) -%}
    {%- set known = [] -%}
    {%- for reference in references -%}
        {%- set file, key = reference.split('.') -%}
        {%- for seed in scorebook_seeds() if seed.name == file -%}
            {%- set value = comparable_cell(seed.columns[key]) -%}
            {%- do known.append('select ' ~ value ~ ' from ' ~ files[file] ~ ' where ' ~ value ~ ' is not null') -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(known | join(' union all ')) }}
{%- endmacro %}


{#- dbt loads such a file without a word. -#}
{% macro header_complaints(seed, relation) -%}
    {%- set complaints, found = [], adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {%- for name in seed.columns if name not in found -%}
        {%- do complaints.append(sql_text('the column ' ~ name ~ ' is missing')) -%}
    {%- endfor -%}
    {%- for name in found if name not in seed.columns -%}
        {%- do complaints.append(sql_text(name ~ ' is no column of it')) -%}
    {%- endfor -%}
    {{ return(complaints) }}
{%- endmacro %}


{% macro readable_cell(column) -%}
    {%- set cell, allowed = column.name, column.config.meta.allowed or [] -%}
    {{ return({
        'number': {'value': parse_number(cell), 'expected': 'a number'},
        'integer': {
            'value': 'case when mod(' ~ parse_number(cell) ~ ', 1) = 0 and abs(' ~ parse_number(cell)
                ~ ') <= 2147483647 then ' ~ parse_number(cell) ~ ' end',
            'expected': 'a whole number of at most 2147483647'
        },
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
