{{ config(materialized='view') }}

with

watched as (
    select distinct
        scope,
        score_group
    from {{ ref('stg_triggers') }}
    where scope in ('contact', 'account')
),

score_groups as (
    select
        score_group,
        account_rollup,
        half_life_days,
        is_reset_on_stage_change,
        min_points,
        max_points,
        is_in_total,
        is_total
    from {{ ref('stg_score_groups') }}
),

-- The total is watched through the groups that make it.
member_groups as (
    select
        watched.scope || ':' || watched.score_group as watched_score,
        watched.scope,
        watched.score_group as watched_group,
        score_groups.score_group,
        score_groups.account_rollup,
        score_groups.half_life_days,
        score_groups.is_reset_on_stage_change,
        score_groups.min_points,
        score_groups.max_points,
        {{ limit_points('0e0', 'score_groups.min_points', 'score_groups.max_points') }} as points_without_lines,
        case when watched_groups.is_total then watched_groups.min_points end as total_min_points,
        case when watched_groups.is_total then watched_groups.max_points end as total_max_points
    from watched
    inner join score_groups as watched_groups on watched.score_group = watched_groups.score_group
    inner join score_groups
        on
            not score_groups.is_total
            and (
                watched_groups.score_group = score_groups.score_group
                or (watched_groups.is_total and score_groups.is_in_total)
            )
),

with_starting_points as (
    select
        *,
        sum(points_without_lines) over (partition by watched_score) as starting_points
    from member_groups
)

select * from with_starting_points
