{{ config(materialized='view') }}

with

first_conversions as (
    select
        contact_id,
        min(converted_at) as converted_at
    from {{ ref('stg_conversions') }}
    where verdict = 'used'
    group by contact_id
)

select * from first_conversions
