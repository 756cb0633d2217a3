{{ config(materialized='view') }}

with

triggers as (
    select
        scope || ':' || score_group as fold,
        direction,
        threshold,
        hysteresis
    from {{ ref('stg_triggers') }}
    where scope in ('contact', 'account')
),

levels as (
    select
        fold,
        threshold as level
    from triggers
    union
    select
        fold,
        threshold + case when direction = 'up' then -hysteresis else hysteresis end as level
    from triggers
)

select * from levels
