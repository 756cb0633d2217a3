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

ranges as (
    select distinct
        fold,
        case when direction = 'up' then threshold - hysteresis else threshold end as lower_level,
        case when direction = 'up' then threshold else threshold + hysteresis end as upper_level
    from triggers
)

select * from ranges
