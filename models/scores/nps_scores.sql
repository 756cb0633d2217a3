{{ config(schema=target.schema) }}

with

answers as (select survey, month, nps_category from {{ ref('int_nps_latest_answers') }}),

counted as (
    select
        survey,
        month,
        count(*) as responses,
        cast(sum(case when nps_category = 'promoter' then 1 else 0 end) as bigint) as promoters,
        cast(sum(case when nps_category = 'passive' then 1 else 0 end) as bigint) as passives,
        cast(sum(case when nps_category = 'detractor' then 1 else 0 end) as bigint) as detractors
    from answers
    group by survey, month
),

described as (
    select
        survey,
        month,
        responses,
        promoters,
        passives,
        detractors,
        {{ round_half_up(nps('promoters', 'detractors', 'responses'), 6) }} as nps,
        {{ nps_bound('promoters', 'detractors', 'responses', -1) }} as nps_low,
        {{ nps_bound('promoters', 'detractors', 'responses', 1) }} as nps_high
    from counted
)

select * from described
