{{ config(materialized='view') }}

with

group_scores as (
    select
        contact_id,
        score_group,
        points,
        score,
        band,
        percentile,
        as_of
    from {{ ref('group_scores') }}
),

contact_scores as (
    select
        contact_id,
        points,
        score,
        band,
        percentile,
        as_of
    from {{ ref('contact_scores') }}
),

total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_total
),

all_scores as (
    select * from group_scores
    union all
    select
        contact_scores.contact_id,
        total.score_group,
        contact_scores.points,
        contact_scores.score,
        contact_scores.band,
        contact_scores.percentile,
        contact_scores.as_of
    from contact_scores
    cross join total
)

select * from all_scores
