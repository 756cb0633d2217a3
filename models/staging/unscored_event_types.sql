{{ config(schema=target.schema) }}

with

events as (
    select
        event_type,
        occurred_at
    from {{ ref('stg_events') }}
    where verdict = 'used'
),

event_types_with_rules as (select distinct event_type from {{ ref('stg_event_weights') }}),

counted as (
    select
        events.event_type,
        count(*) as events,
        min(events.occurred_at) as first_occurred_at,
        max(events.occurred_at) as last_occurred_at
    from events
    left join event_types_with_rules on events.event_type = event_types_with_rules.event_type
    where event_types_with_rules.event_type is null
    group by events.event_type
)

select * from counted
