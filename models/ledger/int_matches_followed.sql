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
        points
    from {{ ref('int_event_matches') }}
    where exclusion_reason is null
),

idle_rules as (
    select
        rule_id,
        score_group,
        idle_days
    from {{ ref('stg_event_weights') }}
    where idle_days is not null
),

-- Of several matches at one moment the last by event_id is followed by none of them.
followed as (
    select
        matches.contact_id,
        idle_rules.score_group,
        matches.rule_id,
        matches.event_id,
        matches.asset,
        matches.occurred_at,
        {{ add_days('matches.occurred_at', 'idle_rules.idle_days') }} as idle_at,
        lead(matches.occurred_at) over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at, matches.event_id
        ) as next_match_at,
        matches.stage_visit,
        matches.points
    from matches
    inner join idle_rules on matches.rule_id = idle_rules.rule_id
)

select * from followed
