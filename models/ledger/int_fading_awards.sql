{{ config(materialized='view') }}

with

event_lines as (
    select
        'event' as award_kind,
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        effective_at,
        effective_at as origin_at,
        stage_visit,
        points
    from {{ ref('int_event_lines') }}
    where points != 0
),

idle_lines as (
    select
        'idle' as award_kind,
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        effective_at,
        origin_at,
        stage_visit,
        points
    from {{ ref('int_idle_lines') }}
    where points != 0
),

manual_lines as (
    select
        contact_id,
        score_group,
        rule_id,
        effective_at,
        stage_visit,
        points,
        expires_at
    from {{ ref('int_manual_lines') }}
    where points != 0
),

score_groups as (
    select
        score_group,
        half_life_days,
        decay_percent,
        decay_every_days,
        expires_after_days
    from {{ ref('stg_score_groups') }}
),

-- Few rules give awards that fade: those of all others are left at the first look.
rules as (
    select
        event_weights.rule_id,
        coalesce(event_weights.expires_after_days, score_groups.expires_after_days) as expires_after_days
    from {{ ref('stg_event_weights') }} as event_weights
    inner join score_groups on event_weights.score_group = score_groups.score_group
    where
        coalesce(event_weights.expires_after_days, score_groups.expires_after_days) is not null
        or score_groups.decay_percent is not null
),

awards as (
    select
        earned.*,
        {{ add_days('earned.effective_at', 'rules.expires_after_days') }} as expires_at
    from (
        select * from event_lines
        union all
        select * from idle_lines
    ) as earned
    inner join rules on earned.rule_id = rules.rule_id
    union all
    select
        'manual' as award_kind,
        manual_lines.contact_id,
        manual_lines.score_group,
        manual_lines.rule_id,
        cast(null as varchar) as event_id,
        cast(null as varchar) as asset,
        manual_lines.effective_at,
        manual_lines.effective_at as origin_at,
        manual_lines.stage_visit,
        manual_lines.points,
        coalesce(
            manual_lines.expires_at, {{ add_days('manual_lines.effective_at', 'score_groups.expires_after_days') }}
        ) as expires_at
    from manual_lines
    inner join score_groups on manual_lines.score_group = score_groups.score_group
),

fading as (
    select
        awards.*,
        score_groups.half_life_days,
        score_groups.decay_percent,
        {{ days_in_microseconds('score_groups.decay_every_days') }} as step_microseconds,
        -- 100 / 0.7 must give 143 steps and 100 / 0.1 exactly 1,000, whatever the last bit says.
        cast(ceil(round(100 / score_groups.decay_percent, 9)) as bigint) as decay_steps
    from awards
    inner join score_groups on awards.score_group = score_groups.score_group
    where
        awards.expires_at is not null
        or score_groups.decay_percent is not null
)

select * from fading
