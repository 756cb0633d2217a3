{{ config(database='scratch', materialized='view') }}

-- Few periods hold more awards than their cap: they are found by counting, and only their awards are ranked.
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
),

overfull_periods as (
    select
        contact_id,
        rule_id,
        period_start,
        stage_visit,
        capped_asset
    from awards
    group by contact_id, rule_id, period_start, stage_visit, capped_asset, max_awards
    having count(*) > max_awards
),

ranked as (
    select
        awards.event_id,
        awards.rule_id,
        awards.max_awards,
        row_number() over (
            partition by
                awards.contact_id,
                awards.rule_id,
                awards.period_start,
                awards.stage_visit,
                awards.capped_asset
            order by awards.occurred_at, awards.event_id
        ) as award_number
    from awards
    inner join overfull_periods
        on
            awards.contact_id = overfull_periods.contact_id
            and awards.rule_id = overfull_periods.rule_id
            and awards.period_start is not distinct from overfull_periods.period_start
            and awards.stage_visit is not distinct from overfull_periods.stage_visit
            and awards.capped_asset is not distinct from overfull_periods.capped_asset
),

over_cap as (
    select
        event_id,
        rule_id
    from ranked
    where award_number > max_awards
)

select * from over_cap
