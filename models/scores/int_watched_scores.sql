{{ config(materialized='view') }}

with

triggers as (
    select
        scope,
        score_group,
        min(threshold + case when direction = 'down' then hysteresis else 0 end) as lowest_level
    from {{ ref('stg_triggers') }}
    where scope in ('contact', 'account')
    group by scope, score_group
),

score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change,
        is_in_total,
        is_total
    from {{ ref('stg_score_groups') }}
),

-- The total is watched through the groups that make it.
member_groups as (
    select
        triggers.scope || ':' || triggers.score_group as fold,
        triggers.scope,
        triggers.score_group as watched_score,
        score_groups.score_group,
        score_groups.half_life_days,
        score_groups.is_reset_on_stage_change,
        triggers.lowest_level
    from triggers
    inner join score_groups as watched on triggers.score_group = watched.score_group
    inner join score_groups
        on
            not score_groups.is_total
            and (
                watched.score_group = score_groups.score_group
                or (watched.is_total and score_groups.is_in_total)
            )
)

select * from member_groups
