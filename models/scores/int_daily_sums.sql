-- What the lines of a day add to a group, valued at the end of that day. In a group that resets, only lines of the
-- visit that the day ends in: the others are gone by then.
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
        day,
        {{ end_of_day('day') }} as ends_at
    from (select distinct day from lines) as distinct_days
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
        days.ends_at,
        lines.stage_visit,
        score_groups.is_reset_on_stage_change,
        {{ line_value('lines.points', 'lines.effective_at', 'days.ends_at', 'score_groups.half_life_days') }} as points
    from lines
    inner join days on lines.day = days.day
    inner join score_groups on lines.score_group = score_groups.score_group
),

lasting as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        cast(null as bigint) as stage_visit,
        points
    from valued
    where not is_reset_on_stage_change
    union all
    select
        valued.contact_id,
        valued.score_group,
        valued.day,
        valued.ends_at,
        visits.stage_visit,
        case when valued.stage_visit = visits.stage_visit then valued.points else 0 end as points
    from valued
    inner join visits
        on
            valued.contact_id = visits.contact_id
            and valued.ends_at >= visits.counts_from
            and valued.ends_at < visits.counts_until
    where valued.is_reset_on_stage_change
),

summed as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        sum(points) as points
    from lasting
    group by contact_id, score_group, day, ends_at, stage_visit
)

select * from summed
