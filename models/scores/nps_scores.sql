{{ config(schema=target.schema) }}

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
        nps_category,
        row_number() over (
            partition by survey, month, contact_id order by responded_at desc, response_id desc
        ) as recency
    from months_and_all_time
),

counted as (
    select
        survey,
        month,
        count(*) as responses,
        cast(sum(case when nps_category = 'promoter' then 1 else 0 end) as bigint) as promoters,
        cast(sum(case when nps_category = 'passive' then 1 else 0 end) as bigint) as passives,
        cast(sum(case when nps_category = 'detractor' then 1 else 0 end) as bigint) as detractors
    from ranked
    where recency = 1
    group by survey, month
),

scored as (
    select
        *,
        100e0 * (promoters - detractors) / responses as nps,
        196 * sqrt(
            greatest(
                1e0 * (promoters + detractors) / responses
                - power(1e0 * (promoters - detractors) / responses, 2),
                0
            ) / responses
        ) as margin
    from counted
),

described as (
    select
        survey,
        month,
        responses,
        promoters,
        passives,
        detractors,
        {{ round_half_up('nps', 6) }} as nps,
        {{ round_half_up('greatest(nps - margin, -100)', 6) }} as nps_low,
        {{ round_half_up('least(nps + margin, 100)', 6) }} as nps_high
    from scored
)

select * from described
