{{ config(materialized='view') }}

with

answers as (
    select
        response_id,
        contact_id,
        responded_at,
        survey,
        month,
        nps_category
    from {{ ref('int_nps_answers') }}
),

months_and_all_time as (
    select * from answers
    union all
    select
        response_id,
        contact_id,
        responded_at,
        survey,
        cast(null as date) as month,
        nps_category
    from answers
),

ranked as (
    select
        survey,
        month,
        contact_id,
        nps_category,
        row_number() over (
            partition by survey, month, contact_id order by responded_at desc, response_id desc
        ) as recency
    from months_and_all_time
),

latest as (
    select
        survey,
        month,
        contact_id,
        nps_category
    from ranked
    where recency = 1
)

select * from latest
