{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_touched'}) }}

with

event_lines as (
    select
        contact_id,
        score_group,
        event_id
    from {{ ref('int_event_lines') }}
    where
        not is_excluded
        and {{ is_redone('contact_id', ref('int_contacts_touched')) }}
),

counted as (
    select
        contact_id,
        score_group,
        count(distinct event_id) as events
    from event_lines
    group by contact_id, score_group
)

select * from counted
