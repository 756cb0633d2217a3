{{ config(schema=target.schema) }}

with

contacts as (
    select
        contact_id,
        account_id,
        is_opted_out
    from {{ ref('int_contacts_known') }}
),

total_points as (
    select
        contact_id,
        ledger_lines,
        last_engaged_at,
        points,
        points_7d_ago,
        points_30d_ago
    from {{ ref('int_total_points') }}
),

total as (
    select
        score_group,
        full_points,
        scale_min,
        scale_max,
        scale
    from {{ ref('stg_score_groups') }}
    where is_total
),

score_bands as (
    select
        score_group,
        min_score,
        next_min_score,
        band,
        label,
        color
    from {{ ref('stg_score_bands') }}
),

current_stages as (
    select
        contact_id,
        stage
    from {{ ref('int_stage_visits_numbered') }}
    where left_at is null
),

grades as (select contact_id, fit_band, engagement_band, grade, top_group from {{ ref('int_contact_grades') }}),

top_reasons as (select contact_id, top_reasons from {{ ref('int_top_reasons') }}),

stages as (select stage, label from {{ ref('stg_stages') }}),

disqualified as (select contact_id, disqualified_reason from {{ ref('int_contacts_disqualified') }}),

ranked_answers as (
    select
        contact_id,
        nps_category,
        row_number() over (partition by contact_id order by responded_at desc, response_id desc) as recency
    from {{ ref('int_nps_answers') }}
),

latest_answers as (
    select
        contact_id,
        nps_category
    from ranked_answers
    where recency = 1
),

scored as (
    select
        total_points.*,
        {{ scale_score('total_points', 'total') }} as score,
        total.score_group
    from total_points
    cross join total
),

described as (
    select
        contacts.contact_id,
        contacts.account_id,
        current_stages.stage,
        stages.label as stage_label,
        scored.points,
        scored.score,
        score_bands.band,
        score_bands.label as band_label,
        score_bands.color as band_color,
        percent_rank() over (order by scored.score) as percentile,
        grades.fit_band,
        grades.engagement_band,
        grades.grade,
        grades.top_group,
        top_reasons.top_reasons,
        latest_answers.nps_category,
        disqualified.contact_id is not null as is_disqualified,
        disqualified.disqualified_reason,
        contacts.is_opted_out,
        {{ round_half_up('(scored.points - scored.points_7d_ago)', 6) }} as points_7d,
        {{ round_half_up('(scored.points - scored.points_30d_ago)', 6) }} as points_30d,
        scored.last_engaged_at,
        scored.ledger_lines > 0 as has_data,
        {{ as_of() }} as as_of
    from contacts
    inner join scored on contacts.contact_id = scored.contact_id
    left join score_bands on {{ is_in_band('scored', 'score_bands') }}
    left join current_stages on contacts.contact_id = current_stages.contact_id
    left join stages on current_stages.stage = stages.stage
    left join grades on contacts.contact_id = grades.contact_id
    left join top_reasons on contacts.contact_id = top_reasons.contact_id
    left join disqualified on contacts.contact_id = disqualified.contact_id
    left join latest_answers on contacts.contact_id = latest_answers.contact_id
)

select * from described
