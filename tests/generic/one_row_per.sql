{#- Ten sentences are enough to find a join that meets more than one row. -#}
{% test one_row_per(model, columns) %}

with

keys as (
    select
        {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), 'null') as {{ column }},
        {%- endfor %}
        case when {{ columns | join(' is null or ') }} is null then 1 else 0 end as is_incomplete
    from {{ model }}
),

counted as (
    select
        {{ columns | join(', ') }},
        is_incomplete,
        count(*) as row_count
    from keys
    group by {{ columns | join(', ') }}, is_incomplete
    having count(*) > 1 or is_incomplete = 1
),

described as (
    select
        {{ sql_text(model.identifier or model | string) }} || ' has ' || cast(row_count as {{ dbt.type_string() }})
        || ' row(s) for '
        {%- for column in columns %} || '{{ column }} ' || {{ column }} || '{{ ', ' if not loop.last }}'{% endfor %}
        || case
            when is_incomplete = 1 then ', where no part of the key may be null: look for a row that misses it'
            else ' where there must be one: look for a join that meets more than one row'
        end as mistake
    from counted
)

select mistake from described
order by mistake
limit 10

{% endtest %}
