{{ config(database='scratch') }}

-- Midnights within a gap: those at which points have passed a level since the midnight before, and that midnight, for
-- the points before a crossing. Where a stage change may reset a group on the way, all of them.
with

midnights as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        has_reset,
        moment
    from {{ ref('int_gap_midnights') }}
),

group_spans as (
    select
        contact_id,
        score_group,
        day,
        opening_points
    from {{ ref('int_watched_spans') }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        half_life_days,
        min_points,
        max_points,
        points_without_lines,
        starting_points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

levels as (select watched_score, level from {{ ref('int_watched_levels') }}),

summed as (
    select
        midnights.watched_score,
        midnights.contact_id,
        midnights.day,
        midnights.has_reset,
        midnights.moment,
        watched_scores.starting_points + sum(
            {{ limit_points(
                line_value(
                    'group_spans.opening_points',
                    'midnights.opened_at',
                    'midnights.moment',
                    'watched_scores.half_life_days'
                ),
                'watched_scores.min_points',
                'watched_scores.max_points'
            ) }} - watched_scores.points_without_lines
        ) as points
    from midnights
    inner join watched_scores on midnights.watched_score = watched_scores.watched_score
    inner join group_spans
        on
            midnights.contact_id = group_spans.contact_id
            and midnights.day = group_spans.day
            and watched_scores.score_group = group_spans.score_group
    group by
        midnights.watched_score,
        midnights.contact_id,
        midnights.day,
        midnights.has_reset,
        midnights.moment,
        watched_scores.starting_points
),

compared as (
    select
        watched_score,
        contact_id,
        day,
        has_reset,
        moment,
        points,
        lag(points) over (partition by watched_score, contact_id, day order by moment) as points_before
    from summed
),

passing as (
    select distinct
        compared.watched_score,
        compared.contact_id,
        compared.day,
        compared.moment
    from compared
    inner join levels on compared.watched_score = levels.watched_score
    where
        compared.points_before is not null
        and (
            compared.has_reset
            or (
                greatest(compared.points, compared.points_before) >= levels.level - {{ points_tolerance() }}
                and least(compared.points, compared.points_before) < levels.level + {{ points_tolerance() }}
            )
        )
),

with_midnight_before as (
    select * from passing
    union
    select
        watched_score,
        contact_id,
        day,
        {{ add_days('moment', -1) }} as moment
    from passing
)

select * from with_midnight_before
