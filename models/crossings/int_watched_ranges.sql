{{ config(materialized='view') }}

with

triggers as (
    select
        scope || ':' || score_group as watched_score,
        threshold,
        arming_level
    from {{ ref('stg_triggers') }}
    where scope in ('contact', 'account')
),

ranges as (
    select distinct
        watched_score,
        least(threshold, arming_level) as lower_level,
        greatest(threshold, arming_level) as upper_level
    from triggers
)

select * from ranges
