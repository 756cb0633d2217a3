{#- Reads the same YAML as scripts/check_scorebook.py, so that a plain `dbt build` refuses a broken cell as well: all that
    scores from a file is skipped when the file fails. One test a file, because dbt skips only what is downstream of
    everything that a test looks at. -#}
{% test valid_scorebook(model, looks_up) %}

{%- set files = {} -%}
{%- for file in looks_up -%} {%- do files.update({file: ref(file)}) -%} {%- endfor -%}

with

mistakes as (
    {%- if model.identifier == 'score_groups' %}
    select 'score_groups.csv: the row total is missing' as mistake
    where not exists (select 1 from {{ model }} where {{ plain_text('score_group') }} = 'total')
    union all
    {%- endif %}
    {%- for seed in scorebook_seeds() if seed.name == model.identifier %}
    {%- set row_id = (seed.config.meta.key or [seed.columns.keys() | first])[0] %}
    select '{{ seed.name }}.csv: row ' || coalesce({{ row_id }}, '') || ': ' || complaints as mistake
    from (
        select
            {{ row_id }},
            concat_ws('; ', {{ cell_complaints(seed, files) | join(', ') }}) as complaints
        from {{ model }}
    ) as judged
    where complaints != ''
    {%- if seed.config.meta.key %}
    union all
    select '{{ seed.name }}.csv: row ' || coalesce({{ row_id }}, '') || ': there are ' || count(*) || ' of it' as mistake
    from {{ model }}
    group by {{ seed.config.meta.key | join(', ') }}
    having count(*) > 1
    {%- endif %}
    {%- endfor %}
)

select * from mistakes

{% endtest %}
