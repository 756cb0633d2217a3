{{ config(materialized='view') }}

with

triggers as (
    select
        scope || ':' || score_group as watched_score,
        score_group,
        least(threshold, arming_level) as lower_level,
        greatest(threshold, arming_level) as upper_level
    from {{ ref('stg_triggers') }}
    where scope in ('contact', 'account')
),

totals as (
    select score_group, min_points
    from {{ ref('stg_score_groups') }}
    where
        is_total
        and min_points is not null
),

-- A total never falls below its lower limit, so a level at or below it is always reached.
ranges as (
    select distinct
        triggers.watched_score,
        case
            when triggers.lower_level <= totals.min_points then cast('-Infinity' as double)
            else triggers.lower_level
        end as lower_level,
        case
            when triggers.upper_level <= totals.min_points then cast('-Infinity' as double)
            else triggers.upper_level
        end as upper_level
    from triggers
    left join totals on triggers.score_group = totals.score_group
)

select * from ranges
