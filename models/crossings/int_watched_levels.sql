{{ config(materialized='view') }}

with

ranges as (select fold, lower_level, upper_level from {{ ref('int_watched_ranges') }}),

levels as (
    select
        fold,
        lower_level as level
    from ranges
    union
    select
        fold,
        upper_level as level
    from ranges
)

select * from levels
