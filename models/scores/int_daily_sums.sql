-- What the lines of a day add, valued at the end of that day; for groups that reset, only lines of the visit of then.
with

lines as (
    select
        contact_id,
        score_group,
        effective_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
),

score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('stg_score_groups') }}
),

days as (
    select
        lines.contact_id,
        lines.score_group,
        cast(lines.effective_at as date) as day,
        {{ end_of_day('lines.effective_at') }} as ends_at,
        case when score_groups.is_reset_on_stage_change then lines.stage_visit end as stage_visit,
        {{ line_value('lines.points', 'lines.effective_at', end_of_day('lines.effective_at'), 'score_groups.half_life_days') }}
            as points
    from lines
    inner join score_groups on lines.score_group = score_groups.score_group
),

summed as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        sum(points) as points
    from days
    group by contact_id, score_group, day, ends_at, stage_visit
)

select * from summed
