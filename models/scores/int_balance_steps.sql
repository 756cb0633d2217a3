{{ config(materialized='view') }}

with

daily_sums as (
    select
        'history' as fold,
        contact_id,
        score_group,
        day,
        ends_at as moment,
        stage_visit,
        true as has_lines,
        points
    from {{ ref('int_daily_sums') }}
),

daily_gaps as (
    select
        'history' as fold,
        contact_id,
        score_group,
        day,
        ends_at as moment,
        stage_visit,
        false as has_lines,
        0 as points
    from {{ ref('int_daily_gaps_found') }}
),

watched as (
    select
        fold,
        contact_id,
        score_group,
        cast(null as date) as day,
        moment,
        stage_visit,
        true as has_lines,
        points
    from {{ ref('int_watched_steps') }}
),

steps as (
    select * from daily_sums
    union all
    select * from daily_gaps
    union all
    select * from watched
)

select * from steps
