{{ config(database='scratch') }}

with

events as (
    select
        event_id,
        event_type,
        channel,
        asset,
        properties
    from {{ ref('stg_events') }}
    where
        verdict = 'used'
        and {{ is_redone('contact_id', ref('int_contacts_touched')) }}
),

exclusions as (select rule_id, event_type, channel, reason from {{ ref('stg_event_exclusions') }}),

scored_event_types as (select distinct event_type from {{ ref('stg_event_weights') }}),

conditions as (select rule_id, field, operator, operand from {{ ref('stg_rule_conditions') }}),

matched as (
    select
        events.event_id,
        exclusions.rule_id,
        exclusions.reason
    from events
    inner join scored_event_types on events.event_type = scored_event_types.event_type
    inner join exclusions
        on
            (exclusions.event_type is null or events.event_type = exclusions.event_type)
            and (exclusions.channel is null or events.channel = exclusions.channel)
    left join conditions as broken
        on
            exclusions.rule_id = broken.rule_id
            and not {{ satisfies(event_field('events', 'broken.field'), 'broken.operator', 'broken.operand') }}
    where broken.rule_id is null
),

ranked as (
    select
        event_id,
        reason,
        row_number() over (partition by event_id order by rule_id) as exclusion_rank
    from matched
),

first_exclusions as (
    select
        event_id,
        reason
    from ranked
    where exclusion_rank = 1
)

select * from first_exclusions
