{{ config(materialized='view') }}

with

visits as (
    select
        contact_id,
        stage_visit,
        counts_from
    from {{ ref('int_stage_visits_numbered') }}
),

at_each_moment as (
    select
        contact_id,
        max(stage_visit) as visit_now,
        max(case when counts_from <= {{ add_days(as_of(), -7) }} then stage_visit end) as visit_7d_ago,
        max(case when counts_from <= {{ add_days(as_of(), -30) }} then stage_visit end) as visit_30d_ago
    from visits
    group by contact_id
)

select * from at_each_moment
