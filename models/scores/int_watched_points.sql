with

intervals as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        points
    from {{ ref('int_watched_intervals') }}
    where fold like 'contact:%'
),

midnights as (select fold, contact_id, score_group, moment, points from {{ ref('int_watched_midnights') }}),

watched_scores as (select distinct fold, watched_score from {{ ref('int_watched_scores') }}),

score_groups as (
    select
        score_group,
        min_points,
        max_points,
        is_total
    from {{ ref('stg_score_groups') }}
),

group_points as (
    select * from intervals
    union all
    select * from midnights
),

summed as (
    select
        fold,
        contact_id,
        moment,
        sum(points) as points
    from group_points
    group by fold, contact_id, moment
),

rounded as (
    select
        summed.fold,
        summed.contact_id,
        summed.moment,
        score_groups.is_total,
        score_groups.min_points,
        score_groups.max_points,
        watched_scores.watched_score,
        {{ round_half_up('summed.points', 6) }} as points
    from summed
    inner join watched_scores on summed.fold = watched_scores.fold
    inner join score_groups on watched_scores.watched_score = score_groups.score_group
),

-- The groups are limited already, but the total has limits of its own.
limited as (
    select
        contact_id,
        watched_score as score_group,
        moment,
        case
            when is_total then {{ limit_points('points', 'min_points', 'max_points') }}
            else points
        end as points
    from rounded
)

select * from limited
