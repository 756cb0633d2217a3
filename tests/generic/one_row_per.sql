{#- Ten sentences are enough to find the join that meets several rows. -#}
{% test one_row_per(model, columns) -%}

{%- set lacks_key = columns | join(' is null or ') ~ ' is null' -%}
{%- set key_parts = [] -%}
{%- for column in columns -%}
    {%- do key_parts.append("'" ~ column ~ " ' || coalesce(cast(" ~ column ~ " as " ~ dbt.type_string() ~ "), 'null')") -%}
{%- endfor -%}

with

counted as (
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1 or {{ lacks_key }}
),

described as (
    select
        {{ sql_text(model.identifier or model | string) }} || case
            when {{ lacks_key }} then ' has a row without a whole key: look for what leaves it null, at '
            else
                ' has ' || cast(row_count as {{ dbt.type_string() }})
                || ' rows where there must be one: look for a join that meets several rows, at '
        end || {{ key_parts | join(" || ', ' || ") }} as mistake
    from counted
)

select mistake from described
order by mistake
limit 10

{%- endtest %}
