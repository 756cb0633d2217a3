-- The lines of the days that are looked at, and those of the midnight with which such a day ends.
with

days as (select fold, contact_id, day from {{ ref('int_watched_days') }}),

watched_scores as (select fold, score_group from {{ ref('int_watched_scores') }}),

lines as (
    select
        contact_id,
        score_group,
        effective_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
    where points != 0
),

days_by_group as (
    select
        days.fold,
        days.contact_id,
        watched_scores.score_group,
        days.day
    from days
    inner join watched_scores on days.fold = watched_scores.fold
),

of_the_day as (
    select
        days_by_group.fold,
        days_by_group.contact_id,
        days_by_group.score_group,
        days_by_group.day,
        lines.effective_at,
        lines.stage_visit,
        lines.points
    from lines
    inner join days_by_group
        on
            lines.contact_id = days_by_group.contact_id
            and lines.score_group = days_by_group.score_group
            and cast(lines.effective_at as date) = days_by_group.day
),

of_the_midnight_after as (
    select
        days_by_group.fold,
        days_by_group.contact_id,
        days_by_group.score_group,
        days_by_group.day,
        lines.effective_at,
        lines.stage_visit,
        lines.points
    from lines
    inner join days_by_group
        on
            lines.contact_id = days_by_group.contact_id
            and lines.score_group = days_by_group.score_group
            and lines.effective_at = {{ add_days('cast(days_by_group.day as timestamp)', 1) }}
),

all_lines as (
    select * from of_the_day
    union all
    select * from of_the_midnight_after
)

select * from all_lines
