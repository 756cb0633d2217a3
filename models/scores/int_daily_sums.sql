{{ config(database='scratch') }}

with

lines as (
    select
        contact_id,
        score_group,
        cast(effective_at as date) as day,
        effective_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
    where {{ is_redone('contact_id', ref('int_contacts_moved')) }}
),

score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('stg_score_groups') }}
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

valued as (
    select
        lines.contact_id,
        lines.score_group,
        lines.day,
        {{ end_of_day('lines.day') }} as ends_at,
        case when score_groups.is_reset_on_stage_change then lines.stage_visit end as stage_visit,
        {{ line_value('lines.points', 'lines.effective_at', end_of_day('lines.day'), 'score_groups.half_life_days') }}
            as value_at_end,
        lines.points,
        lines.effective_at = cast(lines.day as timestamp) as is_at_midnight
    from lines
    inner join score_groups on lines.score_group = score_groups.score_group
),

summed_by_visit as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        sum(value_at_end) as points,
        sum(greatest(points, 0)) as gained_points,
        sum(least(points, 0)) as lost_points,
        max(is_at_midnight) as begins_at_midnight
    from valued
    group by contact_id, score_group, day, ends_at, stage_visit
),

with_last_visit as (
    select
        summed_by_visit.contact_id,
        summed_by_visit.score_group,
        summed_by_visit.day,
        summed_by_visit.ends_at,
        visits.stage_visit,
        sum(case when summed_by_visit.stage_visit = visits.stage_visit then summed_by_visit.points else 0 end)
            as points,
        sum(summed_by_visit.gained_points) as gained_points,
        sum(summed_by_visit.lost_points) as lost_points,
        max(summed_by_visit.begins_at_midnight) as begins_at_midnight
    from summed_by_visit
    inner join visits
        on
            summed_by_visit.stage_visit is not null
            and summed_by_visit.contact_id = visits.contact_id
            and {{ is_in_visit('summed_by_visit.ends_at', 'visits') }}
    group by
        summed_by_visit.contact_id,
        summed_by_visit.score_group,
        summed_by_visit.day,
        summed_by_visit.ends_at,
        visits.stage_visit
),

summed as (
    select * from summed_by_visit
    where stage_visit is null
    union all
    select * from with_last_visit
)

select * from summed
