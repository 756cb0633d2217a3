{{ config(schema=target.schema) }}

with

rows_judged as (select source_table, row_key, contact_id, verdict from {{ ref('int_rows_judged') }}),

unmatched as (
    select
        source_table,
        row_key,
        contact_id
    from rows_judged
    where verdict = 'unmatched'
)

select * from unmatched
