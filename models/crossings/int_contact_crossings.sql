{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_watched'}) }}

with

crossings as (
    select
        trigger_id,
        scope,
        subject_id,
        visit_entered_at,
        crossed_at,
        points_before,
        points_after
    from {{ ref('int_crossings_found') }}
),

of_contacts as (
    select
        trigger_id,
        subject_id as contact_id,
        visit_entered_at,
        crossed_at,
        points_before,
        points_after
    from crossings
    where scope != 'account'
)

select * from of_contacts
