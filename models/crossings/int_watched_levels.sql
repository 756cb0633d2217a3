{{ config(materialized='view') }}

with

ranges as (select watched_score, lower_level, upper_level from {{ ref('int_watched_ranges') }}),

levels as (
    select
        watched_score,
        lower_level as level
    from ranges
    union
    select
        watched_score,
        upper_level as level
    from ranges
)

select * from levels
