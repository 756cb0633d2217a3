{% macro landed_source(table) -%}
    {{ return(adapter.dispatch('landed_source', 'scoring')(table)) }}
{%- endmacro %}


{% macro duckdb__landed_source(table) -%}
    {%- set relation = var('input_relations', {}).get(table) -%}
    {%- set folder = env_var('SCORING_INPUT', 'target/demo') -%}
    {%- set nothing = {'origin': folder ~ '/' ~ table, 'sql': 'select 1 as nothing where false', 'columns': []} -%}
    {%- if relation -%}
        {{ return(described(relation, 'select * from ' ~ relation)) }}
    {%- endif -%}

    {%- set paths = landed_paths(folder, table) -%}
    {%- if not paths -%} {{ return(nothing) }} {%- endif -%}
    {#- Every column of theirs may be an attribute; keys of JSON Lines are looked at where they are read. -#}
    {%- if table in ['contacts', 'accounts'] and paths | length > 1 and not paths[0].endswith('.jsonl') -%}
        {%- do refuse_two_spellings(names_in(paths)) -%}
    {%- endif -%}
    {{ return(described(paths[0] if paths | length == 1 else folder ~ '/' ~ table ~ '/', file_rows(paths))) }}
{%- endmacro %}


{% macro landed_paths(folder, table) -%}
    {%- set files = landed_files(folder, table) -%}
    {%- if not files and table in ['events', 'contacts'] -%}
        {%- do exceptions.raise_compiler_error(
            'no ' ~ table ~ ' found in ' ~ folder ~ ': expected ' ~ table ~ '.parquet, ' ~ table ~ '.csv, ' ~ table
            ~ '.jsonl or a folder ' ~ table ~ '/ of such files'
        ) -%}
    {%- endif -%}
    {%- set forms = [] -%}
    {%- for file in files -%}
        {%- do forms.append(file.path if file.is_single else folder ~ '/' ~ table ~ '/*.' ~ file.format) -%}
    {%- endfor -%}
    {%- if forms | unique | list | length > 1 -%}
        {%- do exceptions.raise_compiler_error(
            'more than one form of ' ~ table ~ ' found in ' ~ folder ~ ': keep one of ' ~ forms | unique | join(', ')
        ) -%}
    {%- endif -%}
    {{ return(files | selectattr('size') | map(attribute='path') | list) }}
{%- endmacro %}


{%- macro names_in(paths) -%}
    {%- set names = [] -%}
    {%- for path in paths -%}
        {%- for column in described(path, file_rows([path])).columns -%}
            {%- do names.append({'name': column.name, 'path': path}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}


{#- The engine takes names that differ only in capitals for one, or gives a second one another name; attributes are told
    apart by them. -#}
{% macro refuse_two_spellings(names) -%}
    {%- set spelled = {} -%}
    {%- for found in names -%}
        {%- set before = spelled.setdefault(found.name | lower, found) -%}
        {%- if before.name != found.name -%}
            {%- do exceptions.raise_compiler_error(
                found.path ~ ': the column ' ~ found.name ~ ' is spelled ' ~ before.name
                ~ (' too' if before.path == found.path else ' in ' ~ before.path) ~ '; use the same capitals everywhere'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro file_rows(paths) -%}
    {%- set format = paths[0].rsplit('.', 1)[-1] -%}
    {%- if format == 'parquet' -%} {{ return(parquet_rows(paths)) }}
    {%- elif format == 'csv' -%} {{ return(csv_rows(paths)) }}
    {%- else -%} {{ return(jsonl_rows(paths)) }}
    {%- endif -%}
{%- endmacro %}


{#- Put together as they are, files would be read as one type per column that suits them all: ids of whole numbers as those
    of another file, with decimals, and JSON as the struct of another. What they disagree on is read as text. -#}
{% macro parquet_rows(paths) -%}
    {%- set schemas, sources, types = files_by_schema(paths), [], {} -%}
    {%- if schemas | length == 1 -%} {{ return(parquet_reader(paths)) }} {%- endif -%}
    {%- for files in schemas -%}
        {%- set source = described('', parquet_reader(files)) -%}
        {%- do sources.append(source) -%}
        {%- for column in source.columns -%}
            {%- do types.setdefault(column.name | lower, []).append(column.type) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for source in sources -%}
        {%- set texts = [] -%}
        {%- for column in source.columns if types[column.name | lower] | unique | list | length > 1 -%}
            {%- do texts.append(
                landed_text(column.name, column.type) ~ ' as "' ~ column.name | replace('"', '""') ~ '"'
            ) -%}
        {%- endfor -%}
        {%- do parts.append(
            'select *' ~ (' replace (' ~ texts | join(', ') ~ ')' if texts) ~ ' from (' ~ source.sql ~ ') as landed'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join(' union all by name ')) }}
{%- endmacro %}


{% macro parquet_reader(paths) -%}
    {{ return(
        'select * from read_parquet(' ~ path_list(paths)
        ~ ", union_by_name = true, hive_partitioning = false, filename = 'landed from')"
    ) }}
{%- endmacro %}


{% macro files_by_schema(paths) -%}
    {%- if paths | length == 1 -%} {{ return([paths]) }} {%- endif -%}
    {%- set files = {} -%}
    {%- for row in run_query(
        "select file_name, string_agg(concat_ws('|', name, type, num_children, converted_type, logical_type), ',' "
        ~ 'order by name, type, num_children) from parquet_schema(' ~ path_list(paths) ~ ') group by file_name order by file_name'
    ) -%}
        {%- do files.setdefault(row[1], []).append(row[0]) -%}
    {%- endfor -%}
    {{ return(files.values() | list) }}
{%- endmacro %}


{% macro described(origin, sql) -%}
    {%- set columns = [] -%}
    {%- for row in run_query('describe ' ~ sql) -%}
        {%- do columns.append({'name': row[0], 'type': row[1]}) -%}
    {%- endfor -%}
    {{ return({
        'origin': origin,
        'sql': sql,
        'columns': columns | rejectattr('name', 'equalto', 'landed from') | list,
        'is_of_files': columns | selectattr('name', 'equalto', 'landed from') | list | length > 0,
    }) }}
{%- endmacro %}


{% macro landed_files(folder, table) -%}
    {%- set found = [] -%}
    {%- for format in ['parquet', 'csv', 'jsonl'] -%}
        {%- for pattern in [table ~ '.' ~ format, table ~ '/**/*.' ~ format] -%}
            {%- for row in run_query(
                "select filename, size from read_blob(" ~ sql_text(path_as_pattern(folder) ~ '/' ~ pattern) ~ ") order by filename"
            ) if row[0] -%}
                {%- do found.append({'path': row[0], 'size': row[1], 'format': format, 'is_single': '*' not in pattern}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}


{#- Nothing is left to the engine's guess, which takes a row that begins with # for a comment: the header line alone says
    the separator and the columns, and a row that does not fit it is an error with its line. -#}
{% macro csv_rows(paths) -%}
    {%- set headers, files_by_header = {}, {} -%}
    {%- for path in paths -%}
        {%- set header = first_line(path) -%}
        {%- do files_by_header.setdefault(header, []).append(path) -%}
        {%- if header not in headers -%}
            {%- do headers.update({header: csv_header(path, header)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set parts = [] -%}
    {%- for header, files in files_by_header.items() -%}
        {%- set columns = [] -%}
        {%- for name in headers[header].names -%} {%- do columns.append(sql_text(name) ~ ": 'VARCHAR'") -%} {%- endfor -%}
        {%- do parts.append(
            'select * from read_csv(' ~ path_list(files) ~ ', auto_detect = false, header = true, delim = '
            ~ sql_text(headers[header].separator) ~ ", quote = '\"', escape = '\"', nullstr = '', hive_partitioning = false, "
            ~ "filename = 'landed from', columns = {"
            ~ columns | join(', ') ~ '})'
        ) -%}
    {%- endfor -%}
    {{ return(parts | join(' union all by name ')) }}
{%- endmacro %}


{% macro csv_header(path, header) -%}
    {%- set best = namespace(separator=',', count=0) -%}
    {%- set unquoted = modules.re.sub('"([^"]|"")*"', '', header) -%}
    {%- for separator in [',', ';', '\t', '|'] if unquoted.count(separator) > best.count -%}
        {%- set best.separator, best.count = separator, unquoted.count(separator) -%}
    {%- endfor -%}
    {%- set names = [] -%}
    {%- set cell = '("(?:[^"]|"")*"|[^"' ~ best.separator ~ '])*' -%}
    {%- for found in modules.re.finditer('(?:^|[' ~ best.separator ~ '])(?P<cell>' ~ cell ~ ')', header) -%}
        {%- set name = found['cell'].strip() -%}
        {%- set name = (name[1:-1] | replace('""', '"') if name.startswith('"') else name).strip() -%}
        {%- if not name or name | lower in names | map('lower') -%}
            {%- do exceptions.raise_compiler_error(
                path ~ ':1: the header has ' ~ ('the column ' ~ name ~ ' twice' if name else 'a column without a name')
            ) -%}
        {%- endif -%}
        {%- do names.append(name) -%}
    {%- endfor -%}
    {{ return({'separator': best.separator, 'names': names}) }}
{%- endmacro %}


{#- Several threads would give any line of a large file first; in strict mode a line end within quotes would be one too many. -#}
{% macro first_line(path) -%}
    {%- set lines = run_query(
        'select line from read_csv(' ~ path_list([path]) ~ ", auto_detect = false, strict_mode = false, parallel = false, header = false, "
        ~ "delim = '\x01', quote = '', escape = '', columns = {'line': 'VARCHAR'}) limit 1"
    ) -%}
    {%- set line = lines.columns[0].values()[0] if lines.rows | length -%}
    {%- if not line -%}
        {%- do exceptions.raise_compiler_error(path ~ ':1: the first line is blank; it must name the columns') -%}
    {%- endif -%}
    {{ return(line) }}
{%- endmacro %}


{% macro jsonl_rows(paths) -%}
    {%- set columns = [] -%}
    {%- set reader = 'select * from read_json(' ~ path_list(paths) ~ ", format = 'newline_delimited', records = true, hive_partitioning = false, " -%}
    {%- set names = run_query(
        'describe ' ~ reader ~ 'union_by_name = true, maximum_depth = 1, sample_size = -1)'
    ).columns[0].values() -%}
    {%- for name in names -%}
        {%- do columns.append(sql_text(name) ~ ": 'VARCHAR'") -%}
    {%- endfor -%}
    {#- The engine calls a key that differs from another only in capitals by that name and a number, and finds no value. -#}
    {%- set numbered = [] -%}
    {%- for name in names if modules.re.sub('_[0-9]+$', '', name) | lower in (names | reject('equalto', name) | map('lower')) -%}
        {%- do numbered.append(name) -%}
    {%- endfor -%}
    {%- if numbered -%} {%- do refuse_two_spellings(keys_in(paths)) -%} {%- endif -%}
    {{ return(reader ~ "filename = 'landed from', columns = {" ~ columns | join(', ') ~ '})') }}
{%- endmacro %}


{%- macro keys_in(paths) -%}
    {%- set keys = [] -%}
    {%- for row in run_query(
        'select name, min(filename) from (select unnest(json_keys(json)) as name, filename from read_json_objects('
        ~ path_list(paths) ~ ", format = 'newline_delimited', filename = true)) group by name order by 2, 1"
    ) -%}
        {%- do keys.append({'name': row[0], 'path': row[1]}) -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}


{#- The engine takes each path for a pattern. -#}
{% macro path_list(paths) -%}
    {%- set quoted = [] -%}
    {%- for path in paths -%} {%- do quoted.append(sql_text(path_as_pattern(path))) -%} {%- endfor -%}
    {{ return('[' ~ quoted | join(', ') ~ ']') }}
{%- endmacro %}

{% macro path_as_pattern(path) -%}
    {{ return(path | replace('[', '[[]') | replace('*', '[*]') | replace('?', '[?]')) }}
{%- endmacro %}

{% macro sql_text(text) -%} {{ return("'" ~ text | replace("'", "''") ~ "'") }} {%- endmacro %}
