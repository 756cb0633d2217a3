{{ config(database='scratch', materialized='view') }}

-- Few periods hold more awards than their cap, and only their awards are ranked.
with

awards as (
    select
        event_id,
        contact_id,
        occurred_at,
        rule_id,
        period_start,
        stage_visit,
        capped_asset
    from {{ ref('int_awards_counted') }}
),

periods as (
    select
        contact_id,
        rule_id,
        period_start,
        stage_visit,
        capped_asset,
        max_awards
    from {{ ref('int_periods_overfull') }}
),

ranked as (
    select
        awards.event_id,
        awards.rule_id,
        periods.max_awards,
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
    inner join periods
        on
            awards.contact_id = periods.contact_id
            and awards.rule_id = periods.rule_id
            and awards.period_start is not distinct from periods.period_start
            and awards.stage_visit is not distinct from periods.stage_visit
            and awards.capped_asset is not distinct from periods.capped_asset
),

over_cap as (
    select
        event_id,
        rule_id
    from ranked
    where award_number > max_awards
)

select * from over_cap
