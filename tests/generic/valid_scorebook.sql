{#- Reads the same YAML as scripts/check_scorebook.py, so that a plain `dbt build` refuses a broken cell as well: all that
    scores from a file is skipped when the file fails. One test a file, because dbt skips only what is downstream of
    everything that a test looks at. -#}
{% test valid_scorebook(model, looks_up) %}

{%- set files = {} -%}
{%- for file in looks_up -%} {%- do files.update({file: ref(file)}) -%} {%- endfor -%}

{%- set seed = scorebook_seeds() | selectattr('name', 'equalto', model.identifier) | first -%}
{%- set file = model.identifier ~ '.csv: ' -%}
{%- set wrong_columns = header_complaints(seed, model) if seed else [] -%}

with

mistakes as (
    {%- if not seed %}
    select 'nothing is known while dbt parses' as mistake where false
    {%- elif wrong_columns %}
    {%- for complaint in wrong_columns %}
    select '{{ file }}' || {{ complaint }} as mistake {{ 'union all' if not loop.last }}
    {%- endfor %}
    {%- else %}
    {%- set meta, keys = seed.config.meta, [] -%}
    {%- for name in meta.key or [] -%} {%- do keys.append(comparable_cell(seed.columns[name])) -%} {%- endfor -%}
    {%- set row_id = (meta.key or [seed.columns.keys() | first])[0] %}
    select '{{ file }}row ' || coalesce({{ row_id }}, '') || ': ' || complaints as mistake
    from (
        select
            {{ row_id }},
            concat_ws('; ', {{ cell_complaints(seed, files) | join(', ') }}) as complaints
        from {{ model }}
    ) as judged
    where complaints != ''
    {%- if keys %}
    union all
    select '{{ file }}row ' || min({{ row_id }}) || ': its key is there ' || count(*) || ' times' as mistake
    from {{ model }}
    where {{ keys | join(' is not null and ') }} is not null
    group by {{ keys | join(', ') }}
    having count(*) > 1
    {%- endif %}
    {%- if meta.needs_row %}
    union all
    select '{{ file }}the row {{ meta.needs_row }} is missing' as mistake
    where not exists (select 1 from {{ model }} where {{ keys[0] }} = '{{ meta.needs_row }}')
    {%- endif %}
    {%- endif %}
)

select * from mistakes

{% endtest %}
