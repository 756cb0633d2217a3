{#- Where there are other columns now, everything is read again: the raw text of each rejected row has all. -#}
{% macro landed_events_anew() -%}
    {%- if not is_continued() -%} {{ landed('events') }}
    {%- elif var('input_relations', {}).get('events') -%} {{ events_of_relation_anew() }}
    {%- else -%} {{ events_of_files_anew() }}
    {%- endif -%}
{%- endmacro %}


{#- Files that the build before has not seen; the others are as they were, as scripts/build.py makes sure. -#}
{% macro events_of_files_anew() -%}
    {%- set paths = landed_paths(env_var('SCORING_INPUT', 'target/demo'), 'events') -%}
    {%- set seen = run_query('select distinct landed_from from ' ~ built_before('stg_events')).columns[0].values() -%}
    {%- set old, new = paths | select('in', seen) | list, paths | reject('in', seen) | list -%}
    {%- set columns = columns_seen(old) if old else [] -%}
    {%- set added = described('events', file_rows(new)).columns if new else [] -%}
    {%- if not columns or added | reject('in', columns) | list -%}
        {{ landed('events') }}
    {%- else -%}
        {%- set new_rows = typed_rows('events', rows_with_columns(new, columns)) -%}
        {%- set shared = files_with_shared_ids(new_rows) if new else [] -%}
with

new_rows as (
    {{ new_rows }}
),

rows_seen as (
    {{ typed_rows('events', rows_with_columns(shared, columns, 'new_rows')) }}
),

rows_that_share_an_id as (
    select * from rows_seen
    where
        fault is null
        and event_id in (select new_rows.event_id from new_rows)
)

select * from new_rows
union all
select * from rows_that_share_an_id
    {%- endif -%}
{%- endmacro %}


{#- Rows received up to some days before the build before, for it may not have seen all of them, and rows without a time. Of
    their ids, and of those that it saw in that time, all rows: one of them may have been repaired. -#}
{% macro events_of_relation_anew() -%}
    {%- set source = landed_source('events') -%}
    {%- if source.columns | map(attribute='name') | sort != columns_before() | map(attribute='name') | sort -%}
        {{ landed('events') }}
    {%- else -%}
with

all_rows as (
    {{ typed_rows('events', source) }}
),

ids_read_again as (
    select event_id from all_rows
    where {{ received_at() }} >= {{ read_again_from() }}
    union all
    select event_id from {{ built_before('stg_events') }}
    where received_at >= {{ read_again_from() }}
)

select * from all_rows
where
    {{ received_at() }} >= {{ read_again_from() }}
    or event_id in (select ids_read_again.event_id from ids_read_again)
    {%- endif -%}
{%- endmacro %}


{#- When a row of a relation was received; one that does not say so is always among the last. -#}
{% macro received_at() -%}
    coalesce(received_at, occurred_at, cast('9999-12-31' as timestamp))
{%- endmacro %}


{% macro read_again_from() -%}
    {%- set days = var('look_back_days') -%}
    {%- if days is not number or days < 0 -%}
        {%- do exceptions.raise_compiler_error('look_back_days: ' ~ days ~ ' is not a number of days') -%}
    {%- endif -%}
    {{ add_days(as_of_before(), -days) }}
{%- endmacro %}


{#- Only Parquet files have types of their own; of the others the names are known from the last build. -#}
{% macro columns_seen(paths) -%}
    {%- if paths[0].endswith('.parquet') -%} {{ return(described('', file_rows(paths)).columns) }} {%- endif -%}
    {{ return(columns_before()) }}
{%- endmacro %}


{#- As they were: a view would look for them in a relation that may have others by now. -#}
{% macro columns_before() -%}
    {%- set before = built_before(model.name) -%}
    {%- set type = run_query(
        'select data_type from duckdb_columns() where column_name = ' ~ sql_text('whole_row')
        ~ ' and database_name = ' ~ sql_text(before.database) ~ ' and schema_name = ' ~ sql_text(before.schema)
        ~ ' and table_name = ' ~ sql_text(before.identifier)
    ).columns[0].values() | first -%}
    {{ return(described('', 'select unnest(cast(null as ' ~ type ~ '))').columns) }}
{%- endmacro %}


{#- The rows of some files, or none, as a source with these columns and no others. Those that share no id are left out before
    anything of them is read but the id. -#}
{% macro rows_with_columns(paths, columns, sharing_ids_with=none) -%}
    {%- set nulls = [] -%}
    {%- for column in columns -%}
        {%- do nulls.append('cast(null as ' ~ column.type ~ ') as "' ~ column.name | replace('"', '""') ~ '"') -%}
    {%- endfor -%}
    {%- set no_row = 'select ' ~ nulls | join(', ') ~ ', cast(null as varchar) as "landed from" where false' -%}
    {%- set sharing -%}
        select * from ({{ file_rows(paths) if paths }}) as files
        where cast(files.event_id as varchar) in (select {{ sharing_ids_with }}.event_id from {{ sharing_ids_with }})
    {%- endset -%}
    {%- set rows = sharing if sharing_ids_with else (file_rows(paths) if paths) -%}
    {%- set sql = rows ~ ' union all by name ' ~ no_row if paths else no_row -%}
    {{ return({'origin': paths | join(', '), 'sql': sql, 'columns': columns, 'is_of_files': true}) }}
{%- endmacro %}


{% macro files_with_shared_ids(new_rows) -%}
    {{ return(run_query(
        'with new_rows as (' ~ new_rows ~ ') select distinct landed_from from ' ~ built_before('stg_events')
        ~ ' where event_id in (select new_rows.event_id from new_rows)'
    ).columns[0].values() | list) }}
{%- endmacro %}
