{{ config(materialized='view') }}

with

contact_crossings as (
    select
        trigger_id,
        contact_id as subject_id,
        visit_entered_at,
        crossed_at,
        points_before,
        points_after
    from {{ ref('int_contact_crossings') }}
),

account_crossings as (
    select
        trigger_id,
        subject_id,
        visit_entered_at,
        crossed_at,
        points_before,
        points_after
    from {{ ref('int_crossings_found') }}
    where scope = 'account'
),

all_crossings as (
    select * from contact_crossings
    union all
    select * from account_crossings
)

select * from all_crossings
