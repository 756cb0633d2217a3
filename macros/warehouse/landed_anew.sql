{#- What a continued build reads of a table that it has read before: files that it has not seen, and of the others the rows
    that share an id with one of theirs. If new files have columns that the others lack, everything is read again: the
    raw text of each rejected row has all columns. -#}
{% macro landed_anew(table, staged, key) -%}
    {%- if not is_continued() -%}
        {{ landed(table) }}
    {%- else -%}
        {%- set contract = model.columns.values() | selectattr('config.meta.kind', 'defined') | list -%}
        {%- set paths = landed_files(env_var('SCORING_INPUT', 'target/demo'), table)
            | selectattr('size') | map(attribute='path') | list -%}
        {%- set seen = run_query('select distinct landed_from from ' ~ built_before(staged)).columns[0].values() -%}
        {%- set old, new = paths | select('in', seen) | list, paths | reject('in', seen) | list -%}
        {%- set columns = columns_seen(old) if old else [] -%}
        {%- set added = described(table, file_rows(new)).columns if new else [] -%}
        {%- if not columns or added | reject('in', columns) | list -%}
            {{ landed(table) }}
        {%- else -%}
            {%- set new_rows = typed_rows(table, rows_with_columns(new, columns), contract) -%}
            {%- set shared = files_with_shared_keys(staged, key, new_rows) if new else [] -%}
with

new_rows as (
    {{ new_rows }}
),

rows_seen as (
    {{ typed_rows(table, rows_with_columns(shared, columns), contract) }}
),

rows_that_share_an_id as (
    select * from rows_seen
    where
        fault is null
        and {{ key }} in (select new_rows.{{ key }} from new_rows)
)

select * from new_rows
union all
select * from rows_that_share_an_id
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}


{#- Only Parquet files have types of their own; of the others the names are known from the last build. -#}
{% macro columns_seen(paths) -%}
    {%- if paths[0].endswith('.parquet') -%} {{ return(described('', file_rows(paths)).columns) }} {%- endif -%}
    {{ return(described('', 'select unnest(whole_row) from ' ~ built_before(model.name)).columns) }}
{%- endmacro %}


{#- The rows of some files, or none, as a source with these columns and no others. -#}
{% macro rows_with_columns(paths, columns) -%}
    {%- set nulls = [] -%}
    {%- for column in columns -%}
        {%- do nulls.append('cast(null as ' ~ column.type ~ ') as "' ~ column.name | replace('"', '""') ~ '"') -%}
    {%- endfor -%}
    {%- set no_row = 'select ' ~ nulls | join(', ') ~ ', cast(null as varchar) as "landed from" where false' -%}
    {%- set sql = file_rows(paths) ~ ' union all by name ' ~ no_row if paths else no_row -%}
    {{ return({'origin': paths | join(', '), 'sql': sql, 'columns': columns, 'is_of_files': true}) }}
{%- endmacro %}


{% macro files_with_shared_keys(staged, key, new_rows) -%}
    {{ return(run_query(
        'with new_rows as (' ~ new_rows ~ ') select distinct landed_from from ' ~ built_before(staged)
        ~ ' where ' ~ key ~ ' in (select new_rows.' ~ key ~ ' from new_rows)'
    ).columns[0].values() | list) }}
{%- endmacro %}
