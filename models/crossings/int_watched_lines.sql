{{ config(database='scratch') }}

with

days as (select watched_score, contact_id, day from {{ ref('int_watched_days') }}),

watched_scores as (select watched_score, score_group from {{ ref('int_watched_scores') }}),

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
        days.watched_score,
        days.contact_id,
        watched_scores.score_group,
        days.day
    from days
    inner join watched_scores on days.watched_score = watched_scores.watched_score
),

lines_by_day as (
    select
        *,
        cast(effective_at as date) as day
    from lines
    union all
    select
        *,
        cast({{ add_days('effective_at', -1) }} as date) as day
    from lines
    where effective_at = date_trunc('day', effective_at)
),

lines_of_days as (
    select
        days_by_group.watched_score,
        days_by_group.contact_id,
        days_by_group.score_group,
        days_by_group.day,
        lines_by_day.effective_at,
        lines_by_day.stage_visit,
        lines_by_day.points
    from lines_by_day
    inner join days_by_group
        on
            lines_by_day.contact_id = days_by_group.contact_id
            and lines_by_day.score_group = days_by_group.score_group
            and lines_by_day.day = days_by_group.day
)

select * from lines_of_days
