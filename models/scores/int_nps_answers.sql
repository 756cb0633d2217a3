{{ config(materialized='view') }}

with

responses as (
    select
        response_id,
        contact_id,
        rating,
        responded_at,
        survey
    from {{ ref('stg_survey_responses') }}
    where verdict = 'used'
),

categorised as (
    select
        response_id,
        contact_id,
        responded_at,
        min(survey) over (partition by {{ without_case('survey') }}) as survey,
        cast(date_trunc('month', responded_at) as date) as month,
        case
            when rating >= 9 then 'promoter'
            when rating >= 7 then 'passive'
            else 'detractor'
        end as nps_category
    from responses
)

select * from categorised
