{{ config(database='scratch') }}

-- What was there when the span began, as far as it has lasted, and the lines of its day up to the moment.
with

day_points as (
    select
        watched_score,
        contact_id,
        score_group,
        day,
        moment,
        stage_visit,
        half_life_days,
        points
    from {{ ref('int_watched_day_points') }}
),

spans as (
    select
        contact_id,
        score_group,
        day,
        opened_at,
        opening_visit,
        opening_points
    from {{ ref('int_watched_spans') }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        min_points,
        max_points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

with_opening as (
    select
        day_points.watched_score,
        day_points.contact_id,
        day_points.score_group,
        day_points.day,
        day_points.moment,
        day_points.points
        + case
            when spans.opening_visit is null or day_points.stage_visit = spans.opening_visit
                then {{ line_value(
                    'spans.opening_points', 'spans.opened_at', 'day_points.moment', 'day_points.half_life_days'
                ) }}
            else 0
        end as points
    from spans
    inner join day_points
        on
            spans.contact_id = day_points.contact_id
            and spans.score_group = day_points.score_group
            and spans.day = day_points.day
),

limited as (
    select
        with_opening.watched_score,
        with_opening.contact_id,
        with_opening.score_group,
        with_opening.day,
        with_opening.moment,
        {{ limit_points(
            round_half_up('with_opening.points', 6), 'watched_scores.min_points', 'watched_scores.max_points'
        ) }} as points
    from with_opening
    inner join watched_scores
        on
            with_opening.watched_score = watched_scores.watched_score
            and with_opening.score_group = watched_scores.score_group
)

select * from limited
