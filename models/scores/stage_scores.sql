{{ config(schema=target.schema) }}

with

visits as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        left_at
    from {{ ref('int_stage_visits_numbered') }}
),

stages as (select stage, position, label, ready_points from {{ ref('stg_stages') }}),

last_stage as (select max(position) as position from stages),

in_total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_in_total
),

earned_lines as (
    select
        lines.contact_id,
        lines.stage_visit,
        lines.points,
        case when lines.line_kind = 'event' and lines.points != 0 then lines.event_id end as interaction_id
    from {{ ref('points_ledger') }} as lines
    inner join in_total on lines.score_group = in_total.score_group
    where lines.line_kind in ('event', 'manual')
),

summed as (
    select
        contact_id,
        stage_visit,
        sum(points) as points,
        count(distinct interaction_id) as interactions
    from earned_lines
    group by contact_id, stage_visit
),

scored as (
    select
        visits.contact_id,
        visits.stage_visit,
        visits.stage,
        stages.label as stage_label,
        visits.entered_at,
        visits.left_at,
        {{ round_half_up(days_between('visits.entered_at', 'coalesce(visits.left_at, ' ~ as_of() ~ ')'), 6) }}
            as days_in_stage,
        {{ round_half_up('coalesce(summed.points, 0)', 6) }} as points,
        stages.ready_points,
        coalesce(summed.interactions, 0) as interactions,
        visits.left_at is null as is_current,
        stages.position < last_stage.position as has_later_stage
    from visits
    left join stages on visits.stage = stages.stage
    cross join last_stage
    left join summed
        on
            visits.contact_id = summed.contact_id
            and visits.stage_visit = summed.stage_visit
),

described as (
    select
        contact_id,
        stage_visit,
        stage,
        stage_label,
        entered_at,
        left_at,
        days_in_stage,
        points,
        ready_points,
        case
            when ready_points is not null
                then {{ round_half_up('100 * least(greatest(points / ready_points, 0e0), 1e0)', 2) }}
        end as score,
        interactions,
        is_current,
        coalesce(is_current and points >= ready_points and has_later_stage, false) as is_stuck
    from scored
)

select * from described
