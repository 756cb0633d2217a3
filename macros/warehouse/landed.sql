{#- Only here is SQL built from what the input happens to hold: files have columns that nobody can know before. -#}
{% macro landed(table) -%}
    {%- if not execute -%}
        select 1 as not_yet_known
    {%- else -%}
        {{ typed_rows(table, landed_source(table)) }}
    {%- endif -%}
{%- endmacro %}


{% macro typed_rows(table, source) -%}
    {%- set contract = model.columns.values() | selectattr('config.meta.kind', 'defined') | list -%}
    {%- set types = {} -%}
    {%- for column in source.columns -%}
        {%- do types.update({column.name | lower: column.type}) -%}
    {%- endfor -%}
    {%- for column in contract if column.config.meta.required and source.columns and column.name not in types -%}
        {%- do exceptions.raise_compiler_error(
            source.origin ~ ': the required column ' ~ column.name ~ ' is missing; it has '
            ~ source.columns | map(attribute='name') | join(', ')
        ) -%}
    {%- endfor -%}

with

landed as (
    {{ source.sql }}
),

parsed as (
    select
        {%- for column in contract %}
        {{ parsed_value(column, types.get(column.name)) }} as {{ column.name }},
        {%- endfor %}
        {{ fault_of_row(contract, types) }} as fault,
        {%- if 'unusable_row' in model.columns %}
        case
            when {{ cannot_be_used(contract, types) }} then {{ packed_row(table, source.columns, contract) }}
        end as unusable_row,
        {%- endif %}
        {%- if 'landed_from' in model.columns %}
        {{ 'landed."landed from"' if source.is_of_files else 'cast(null as varchar)' }} as landed_from,
        {%- endif %}
        {{ packed_row(table, source.columns, contract) }} as whole_row
    from landed
)

select * from parsed
{%- endmacro %}


{% macro parsed_value(column, type) -%}
    {%- set kind = column.config.meta.kind -%}
    {%- set text = landed_text(column.name, type) -%}
    {%- if type is none -%}
        cast(null as {{ {'timestamp': 'timestamp', 'number': 'double', 'boolean': 'boolean'}.get(kind, 'varchar') }})
    {%- elif kind == 'timestamp' -%}
        {{ ordinary_moment(landed_moment(column.name, type)) if is_moment(type) else parse_timestamp(text) }}
    {%- elif kind == 'number' -%} {{ parse_number(text) }}
    {%- elif kind == 'boolean' -%} {{ parse_boolean(text) }}
    {%- else -%} {{ exact_text(text) }}
    {%- endif -%}
{%- endmacro %}


{% macro fault_of_row(contract, types) -%}
    {%- set missing, bad_timestamp, bad_value = [], [], [] -%}
    {%- for column in contract if column.name in types -%}
        {%- set meta, type = column.config.meta, types[column.name] -%}
        {%- set text = landed_text(column.name, type) -%}
        {%- set given = 'coalesce(trim(' ~ text ~ "), '') != ''" -%}
        {%- set value = parsed_value(column, type) -%}
        {%- if meta.required -%}
            {%- do missing.append(
                'landed."' ~ column.name ~ '" is null' if is_moment(type) else 'not ' ~ given
            ) -%}
        {%- endif -%}
        {%- if meta.kind == 'timestamp' -%}
            {%- set given = 'landed."' ~ column.name ~ '" is not null' if is_moment(type) else given -%}
            {%- do bad_timestamp.append('(' ~ given ~ ' and ' ~ value ~ ' is null)') -%}
        {%- elif meta.kind in ['number', 'boolean'] -%}
            {%- do bad_value.append('(' ~ given ~ ' and ' ~ value ~ ' is null)') -%}
            {%- if 'minimum' in meta -%}
                {%- do bad_value.append(value ~ ' not between ' ~ meta.minimum ~ ' and ' ~ meta.maximum) -%}
            {%- endif -%}
        {%- elif meta.kind == 'json' -%}
            {%- do bad_value.append('(' ~ given ~ ' and not ' ~ is_json_object(text) ~ ')') -%}
        {%- elif meta.allowed -%}
            {%- do bad_value.append("lower(trim(" ~ text ~ ")) not in ('" ~ meta.allowed | join("', '") ~ "')") -%}
        {%- endif -%}
    {%- endfor -%}
    case
        {%- if missing %} when {{ missing | join(' or ') }} then 'missing_key'{% endif %}
        {%- if bad_timestamp %} when {{ bad_timestamp | join(' or ') }} then 'bad_timestamp'{% endif %}
        {%- if bad_value %} when {{ bad_value | join(' or ') }} then 'bad_value'{% endif %}
        {%- if not (missing or bad_timestamp or bad_value) %} when false then ''{% endif %}
    end
{%- endmacro %}


{% macro cannot_be_used(contract, types) -%}
    {{ fault_of_row(contract, types) }} is not null
    {%- for column in contract if column.config.meta.required and column.config.meta.kind == 'timestamp' %}
    or {{ parsed_value(column, types.get(column.name)) }} > {{ add_days(as_of(), 1) }}
    {%- endfor %}
{%- endmacro %}


{#- Field by field in the contract's order, the others behind by name: the order in which equal rows are compared. A cell
    of spaces only is an empty one here too. Rows whose key is read from here have names in the contract's letters; those of
    attributes, and of what a continued build knows its columns by, stay as they landed. -#}
{% macro packed_row(table, columns, contract) -%}
    {%- set known, ordered = contract | map(attribute='name') | list, [] -%}
    {%- for name in known -%}
        {%- for column in columns if column.name | lower == name -%} {%- do ordered.append([name, column]) -%} {%- endfor -%}
    {%- endfor -%}
    {%- for column in columns | sort(attribute='name', case_sensitive=true) if column.name | lower not in known -%}
        {%- do ordered.append([column.name, column]) -%}
    {%- endfor -%}
    {%- set fields = {} -%}
    {%- for name, column in ordered -%}
        {%- set text = landed_text(column.name, column.type) -%}
        {%- do fields.update({
            (column.name if table in ['events', 'contacts', 'accounts'] else name):
                "case when trim(" ~ text ~ ") != '' then " ~ text ~ " else '' end"
        }) -%}
    {%- endfor -%}
    {{ pack_fields(fields or {'nothing': 'cast(null as varchar)'}) }}
{%- endmacro %}


{% macro landed_text(name, type) -%}
    {%- set quoted = 'landed."' ~ name | replace('"', '""') ~ '"' -%}
    {%- if type is not none and is_nested(type) -%} cast(to_json({{ quoted }}) as varchar)
    {%- elif type == 'VARCHAR' -%} {{ quoted }}
    {%- else -%} cast({{ quoted }} as varchar)
    {%- endif -%}
{%- endmacro %}


{% macro is_moment(type) -%} {{ return(type is not none and (type.startswith('TIMESTAMP') or type == 'DATE')) }} {%- endmacro %}

{#- The engine rounds nanoseconds where it casts them, and compares them with nothing that they cannot reach. -#}
{% macro landed_moment(name, type) -%}
    {%- set quoted = 'landed."' ~ name ~ '"' -%}
    {%- set nanoseconds = 'epoch_ns(' ~ quoted ~ ')' -%}
    {%- if '_NS' not in type -%} {{ quoted }}
    {%- else -%}
        make_timestamp({{ nanoseconds }} // 1000 - case when {{ nanoseconds }} % 1000 < 0 then 1 else 0 end)
    {%- endif -%}
{%- endmacro %}

{% macro ordinary_moment(moment) -%}
    case
        when isfinite({{ moment }}) and {{ moment }} >= timestamp '0001-01-01' and year({{ moment }}) <= 9999
        then cast({{ moment }} as timestamp)
    end
{%- endmacro %}

{% macro is_nested(type) -%} {{ return(type.startswith('STRUCT') or type.startswith('MAP') or type.endswith(']')) }} {%- endmacro %}


{% macro pack_fields(fields) -%}
    {{ return(adapter.dispatch('pack_fields', 'scoring')(fields)) }}
{%- endmacro %}

{% macro duckdb__pack_fields(fields) -%}
    struct_pack({% for name, value in fields.items() %}"{{ name | replace('"', '""') }}" := {{ value }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{% macro row_as_json(whole_row) -%}
    {{ return(adapter.dispatch('row_as_json', 'scoring')(whole_row)) }}
{%- endmacro %}

{% macro duckdb__row_as_json(whole_row) -%}
    cast(to_json({{ whole_row }}) as varchar)
{%- endmacro %}
