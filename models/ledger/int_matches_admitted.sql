{{ config(database='scratch', materialized='view') }}

with

matches as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        stage_visit,
        rule_id,
        points,
        exclusion_reason
    from {{ ref('int_event_matches') }}
),

rules as (
    select
        rule_id,
        score_group,
        max_awards,
        cap_period,
        is_per_asset,
        coalesce(min_count, 1) > 1 as needs_frequency
    from {{ ref('stg_event_weights') }}
    where idle_days is null
),

frequent as (select event_id, rule_id from {{ ref('int_matches_frequent') }}),

admitted as (
    select
        matches.*,
        rules.score_group,
        rules.max_awards,
        rules.cap_period,
        rules.is_per_asset
    from matches
    inner join rules on matches.rule_id = rules.rule_id
    left join frequent
        on
            rules.needs_frequency
            and matches.event_id = frequent.event_id
            and matches.rule_id = frequent.rule_id
    where
        not rules.needs_frequency
        or frequent.event_id is not null
        or matches.exclusion_reason is not null
)

select * from admitted
