{{ config(schema=target.schema) }}

with

rows_judged as (select source_table, verdict from {{ ref('int_rows_judged') }}),

counted as (
    select
        source_table,
        verdict,
        count(*) as row_count
    from rows_judged
    group by source_table, verdict
)

select * from counted
