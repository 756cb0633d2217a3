{{ config(schema=target.schema) }}

with

answers as (select survey, month, contact_id, nps_category from {{ ref('int_nps_latest_answers') }}),

members as (
    select
        'account' as audience_kind,
        known_account_id as audience,
        contact_id
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
    union all
    select
        'segment' as audience_kind,
        segment as audience,
        contact_id
    from {{ ref('segment_members') }}
),

counted as (
    select
        members.audience_kind,
        members.audience,
        answers.survey,
        answers.month,
        count(*) as responses,
        cast(sum(case when answers.nps_category = 'promoter' then 1 else 0 end) as bigint) as promoters,
        cast(sum(case when answers.nps_category = 'passive' then 1 else 0 end) as bigint) as passives,
        cast(sum(case when answers.nps_category = 'detractor' then 1 else 0 end) as bigint) as detractors
    from answers
    inner join members on answers.contact_id = members.contact_id
    group by members.audience_kind, members.audience, answers.survey, answers.month
),

described as (
    select
        audience_kind,
        audience,
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
