{{ config(schema=target.schema) }}

with

rows_judged as (select source_table, row_key, verdict, raw from {{ ref('int_rows_judged') }}),

rejected as (
    select
        source_table,
        row_key,
        verdict as reason,
        raw
    from rows_judged
    where {{ is_rejected('verdict') }}
)

select * from rejected
