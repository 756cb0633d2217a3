{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_touched'}) }}

with

matches as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        stage_visit,
        rule_id,
        score_group,
        points,
        exclusion_reason,
        max_awards
    from {{ ref('int_matches_admitted') }}
),

over_cap as (select event_id, rule_id from {{ ref('int_awards_refused') }}),

judged as (
    select
        matches.*,
        case
            when matches.exclusion_reason is not null then matches.exclusion_reason
            when over_cap.event_id is not null then 'cap'
        end as withheld_reason
    from matches
    left join over_cap
        on
            matches.max_awards is not null
            and matches.event_id = over_cap.event_id
            and matches.rule_id = over_cap.rule_id
),

lines as (
    select
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        occurred_at as effective_at,
        stage_visit,
        case when withheld_reason is null then points else 0 end as points,
        case when withheld_reason is null then 0 else points end as withheld_points,
        withheld_reason,
        exclusion_reason is not null as is_excluded
    from judged
),

-- Lines of a contact lie together: what sums them by contact then has few sums open at a time.
ordered as (
    select * from lines
    order by contact_id
)

select * from ordered
