{{ config(database='scratch', materialized='view') }}

with

rules as (
    select
        rule_id,
        max_awards,
        cap_period,
        is_per_asset,
        coalesce(min_count, 1) > 1 as needs_frequency
    from {{ ref('stg_event_weights') }}
    where
        idle_days is null
        and max_awards is not null
),

frequent as (select event_id, rule_id from {{ ref('int_matches_frequent') }}),

matches as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        stage_visit,
        rule_id
    from {{ ref('int_event_matches') }}
    where exclusion_reason is null
),

awards as (
    select
        matches.event_id,
        matches.contact_id,
        matches.occurred_at,
        matches.rule_id,
        rules.max_awards,
        case rules.cap_period
            when 'day' then date_trunc('day', matches.occurred_at)
            when 'week' then date_trunc('week', matches.occurred_at)
            when 'month' then date_trunc('month', matches.occurred_at)
        end as period_start,
        case when rules.cap_period = 'stage' then matches.stage_visit end as stage_visit,
        case when rules.is_per_asset then lower(matches.asset) end as capped_asset
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
)

select * from awards
