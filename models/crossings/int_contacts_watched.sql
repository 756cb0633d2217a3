-- Besides contacts who moved, those whose points may have passed a level since the build before by the passing of time.
with

moved as (select contact_id from {{ ref('int_contacts_moved') }}),

visits as (select contact_id, visit_now from {{ ref('int_moment_visits') }}),

-- In a group that resets, what a span opened with is gone if the visit is over.
open_spans as (
    select
        spans.contact_id,
        spans.score_group,
        spans.opened_at,
        case
            when spans.opening_visit is null or spans.opening_visit = visits.visit_now then spans.opening_points
            else 0
        end as opening_points
    from {{ ref('int_watched_spans') }} as spans
    left join visits on spans.contact_id = visits.contact_id
    where
        spans.day = cast('9999-12-31' as date)
        and spans.begun_on < spans.day
        and {{ is_continued() | lower }}
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

valued as (
    select
        watched_scores.watched_score,
        open_spans.contact_id,
        watched_scores.points_without_lines,
        watched_scores.starting_points,
        {{ limit_points(
            line_value(
                'open_spans.opening_points',
                'open_spans.opened_at',
                'greatest(open_spans.opened_at, ' ~ as_of_before() ~ ')',
                'watched_scores.half_life_days'
            ),
            'watched_scores.min_points',
            'watched_scores.max_points'
        ) }} as points_then,
        {{ limit_points(
            line_value('open_spans.opening_points', 'open_spans.opened_at', as_of(), 'watched_scores.half_life_days'),
            'watched_scores.min_points',
            'watched_scores.max_points'
        ) }} as points_now
    from open_spans
    inner join watched_scores on open_spans.score_group = watched_scores.score_group
),

bounded as (
    select
        watched_score,
        contact_id,
        starting_points + sum(least(points_then, points_now) - points_without_lines) as lowest,
        starting_points + sum(greatest(points_then, points_now) - points_without_lines) as highest
    from valued
    group by watched_score, contact_id, starting_points
),

watched as (
    select contact_id from moved
    union
    select bounded.contact_id
    from bounded
    inner join levels
        on
            bounded.watched_score = levels.watched_score
            and bounded.highest >= levels.level - {{ points_tolerance() }}
            and bounded.lowest < levels.level + {{ points_tolerance() }}
    where bounded.lowest < bounded.highest
)

select * from watched
