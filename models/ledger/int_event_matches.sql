{{ config(materialized='view') }}

with

events as (
    select
        event_id,
        contact_id,
        event_type,
        channel,
        asset,
        properties,
        occurred_at
    from {{ ref('stg_events') }}
    where verdict = 'used'
),

rules as (
    select
        rule_id,
        score_group,
        event_type,
        channel,
        asset,
        points,
        multiply_by,
        valid_from,
        valid_to
    from {{ ref('stg_event_weights') }}
),

conditions as (select rule_id, field, operator, operand from {{ ref('stg_rule_conditions') }}),

excluded_events as (select event_id, reason from {{ ref('int_excluded_events') }}),

matched as (
    select
        events.event_id,
        events.contact_id,
        events.asset,
        events.occurred_at,
        rules.rule_id,
        rules.score_group,
        case
            when rules.multiply_by is null then rules.points
            else {{ multiplied_points('rules.points', json_text('events.properties', 'rules.multiply_by')) }}
        end as points
    from events
    inner join rules
        on
            events.event_type = rules.event_type
            and (rules.channel is null or events.channel = rules.channel)
            and (rules.asset is null or lower(events.asset) = rules.asset)
            and (rules.valid_from is null or events.occurred_at >= rules.valid_from)
            and (rules.valid_to is null or events.occurred_at < rules.valid_to)
    where
        not exists (
            select 1
            from conditions
            where
                conditions.rule_id = rules.rule_id
                and not {{ satisfies(event_field('events', 'conditions.field'), 'conditions.operator', 'conditions.operand') }}
        )
),

with_exclusion as (
    select
        matched.event_id,
        matched.contact_id,
        matched.asset,
        matched.occurred_at,
        matched.rule_id,
        matched.score_group,
        matched.points,
        excluded_events.reason as exclusion_reason
    from matched
    left join excluded_events on matched.event_id = excluded_events.event_id
)

select * from with_exclusion
