{{ config(database='scratch') }}

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
    where
        verdict = 'used'
        and {{ is_redone('contact_id', ref('int_contacts_touched')) }}
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

rules as (
    select
        rule_id,
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

scored_event_types as (select distinct event_type from rules),

placed as (
    select
        events.*,
        stage_visits.stage_visit,
        excluded_events.reason as exclusion_reason
    from events
    inner join scored_event_types on events.event_type = scored_event_types.event_type
    inner join stage_visits
        on
            events.contact_id = stage_visits.contact_id
            and {{ is_in_visit('events.occurred_at', 'stage_visits') }}
    left join excluded_events on events.event_id = excluded_events.event_id
),

matched as (
    select
        placed.event_id,
        placed.contact_id,
        placed.asset,
        placed.occurred_at,
        placed.stage_visit,
        rules.rule_id,
        case
            when rules.multiply_by is null then rules.points
            else {{ multiplied_points('rules.points', json_text('placed.properties', 'rules.multiply_by')) }}
        end as points,
        placed.exclusion_reason
    from placed
    inner join rules
        on
            placed.event_type = rules.event_type
            and (rules.channel is null or placed.channel = rules.channel)
            and (rules.asset is null or {{ without_case('placed.asset') }} = rules.asset)
            and (rules.valid_from is null or placed.occurred_at >= rules.valid_from)
            and (rules.valid_to is null or placed.occurred_at < rules.valid_to)
    left join conditions as broken
        on
            rules.rule_id = broken.rule_id
            and not {{ satisfies(event_field('placed', 'broken.field'), 'broken.operator', 'broken.operand') }}
    where broken.rule_id is null
)

select * from matched
