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
        max_awards,
        cap_period,
        is_per_asset
    from {{ ref('int_matches_admitted') }}
    where
        exclusion_reason is null
        and max_awards is not null
),

awards as (
    select
        event_id,
        contact_id,
        occurred_at,
        rule_id,
        max_awards,
        case cap_period
            when 'day' then date_trunc('day', occurred_at)
            when 'week' then date_trunc('week', occurred_at)
            when 'month' then date_trunc('month', occurred_at)
        end as period_start,
        case when cap_period = 'stage' then stage_visit end as stage_visit,
        case when is_per_asset then {{ without_case('asset') }} end as capped_asset
    from matches
)

select * from awards
