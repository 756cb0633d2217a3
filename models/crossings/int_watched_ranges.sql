{{ config(materialized='view') }}

with

triggers as (
    select
        scope,
        score_group,
        least(threshold, arming_level) as lower_level,
        greatest(threshold, arming_level) as upper_level
    from {{ ref('stg_triggers') }}
),

watched_scores as (
    select
        watched_score,
        scope,
        watched_group,
        total_min_points
    from {{ ref('int_watched_scores') }}
),

-- A total never falls below its lower limit, so a level at or below it is always reached.
ranges as (
    select distinct
        watched_scores.watched_score,
        case
            when triggers.lower_level <= watched_scores.total_min_points then cast('-Infinity' as double)
            else triggers.lower_level
        end as lower_level,
        case
            when triggers.upper_level <= watched_scores.total_min_points then cast('-Infinity' as double)
            else triggers.upper_level
        end as upper_level
    from triggers
    inner join watched_scores
        on
            triggers.scope = watched_scores.scope
            and triggers.score_group = watched_scores.watched_group
)

select * from ranges
