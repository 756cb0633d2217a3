{{ config(database='scratch', materialized='view') }}

with

moments as (select watched_score, contact_id, day, moment from {{ ref('int_watched_moments') }}),

lines as (
    select
        watched_score,
        contact_id,
        score_group,
        day,
        effective_at,
        stage_visit,
        points
    from {{ ref('int_watched_lines') }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

moments_by_group as (
    select
        moments.watched_score,
        moments.contact_id,
        watched_scores.score_group,
        moments.day,
        moments.moment,
        visits.stage_visit,
        watched_scores.half_life_days
    from moments
    inner join watched_scores on moments.watched_score = watched_scores.watched_score
    left join visits
        on
            watched_scores.is_reset_on_stage_change
            and moments.contact_id = visits.contact_id
            and {{ is_in_visit('moments.moment', 'visits') }}
),

lines_and_moments as (
    select
        lines.watched_score,
        lines.contact_id,
        lines.score_group,
        lines.day,
        lines.effective_at as moment,
        case when watched_scores.is_reset_on_stage_change then lines.stage_visit end as stage_visit,
        watched_scores.half_life_days,
        lines.points,
        false as is_moment
    from lines
    inner join watched_scores
        on
            lines.watched_score = watched_scores.watched_score
            and lines.score_group = watched_scores.score_group
    union all
    select
        watched_score,
        contact_id,
        score_group,
        day,
        moment,
        stage_visit,
        half_life_days,
        0 as points,
        true as is_moment
    from moments_by_group
),

aged as (
    select
        *,
        coalesce(
            greatest({{ days_between('cast(day as timestamp)', 'moment') }}, 0) / half_life_days, 0
        ) as age
    from lines_and_moments
),

-- Without rows between, the sum takes in all lines of the same moment.
running as (
    select
        *,
        sum(points * power(2e0, age)) over (
            partition by watched_score, contact_id, score_group, day, stage_visit order by moment
        ) * power(2e0, -age) as points_by_then
    from aged
),

by_moment as (
    select
        watched_score,
        contact_id,
        score_group,
        day,
        moment,
        stage_visit,
        half_life_days,
        points_by_then as points
    from running
    where is_moment
)

select * from by_moment
