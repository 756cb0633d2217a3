{{ config(database='scratch') }}

-- A watched score is its groups together; one of the total in which the contact has no line stands still.
with

moments as (select watched_score, contact_id, day, moment from {{ ref('int_watched_moments') }}),

group_points as (
    select
        watched_score,
        contact_id,
        score_group,
        day,
        moment,
        points
    from {{ ref('int_watched_group_points') }}
),

watched_scores as (
    select
        watched_score,
        watched_group,
        score_group,
        points_without_lines,
        starting_points,
        total_min_points,
        total_max_points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

-- Every moment counts, also one at which the contact has no line in any group.
parts as (
    select
        watched_score,
        contact_id,
        day,
        moment,
        0e0 as points
    from moments
    union all
    select
        group_points.watched_score,
        group_points.contact_id,
        group_points.day,
        group_points.moment,
        group_points.points - watched_scores.points_without_lines as points
    from group_points
    inner join watched_scores
        on
            group_points.watched_score = watched_scores.watched_score
            and group_points.score_group = watched_scores.score_group
),

gained as (
    select
        watched_score,
        contact_id,
        day,
        moment,
        sum(points) as points
    from parts
    group by watched_score, contact_id, day, moment
),

starting_points as (
    select distinct
        watched_score,
        watched_group,
        total_min_points,
        total_max_points,
        starting_points as points
    from watched_scores
),

-- A midnight may be looked at from both sides; the points are the same.
scored as (
    select
        gained.contact_id,
        starting_points.watched_group as score_group,
        gained.moment,
        max({{ limit_points(
            round_half_up('(starting_points.points + gained.points)', 6),
            'starting_points.total_min_points',
            'starting_points.total_max_points'
        ) }}) as points
    from gained
    inner join starting_points on gained.watched_score = starting_points.watched_score
    group by gained.contact_id, starting_points.watched_group, gained.moment
)

select * from scored
