-- Whose events of the build before are judged anew: they may count for others now, at another time or not at all.
with

states as (
    select
        contact_id,
        cast('0001-01-01' as timestamp) as restaged_from
    from {{ ref('int_contact_states') }}
    where has_changed
),

landed_events as (
    select
        event_id,
        contact_id,
        occurred_at,
        received_at,
        landed_from
    from {{ ref('landed_events') }}
),

{% if is_continued() %}
events_before as (
    select
        event_id,
        contact_id,
        occurred_at,
        received_at,
        landed_from,
        verdict
    from {{ built_before('stg_events') }}
),

-- Where rows of the build before without an id land again, everything is read again.
landed_without_id as (
    select distinct
        landed_from,
        case when landed_from is null then {{ received_at() }} end as received_at
    from landed_events
    where event_id is null
),

restaged as (
    select * from states
    union all
    select
        events_before.contact_id,
        cast('0001-01-01' as timestamp) as restaged_from
    from events_before
    inner join landed_events on events_before.event_id = landed_events.event_id
    union all
    select
        events_before.contact_id,
        cast('0001-01-01' as timestamp) as restaged_from
    from events_before
    inner join landed_without_id
        on
            events_before.event_id is null
            and events_before.landed_from is not distinct from landed_without_id.landed_from
            and events_before.received_at is not distinct from landed_without_id.received_at
    union all
    select
        contact_id,
        occurred_at as restaged_from
    from events_before
    where
        (verdict = 'waiting' and occurred_at <= {{ as_of() }})
        or (verdict = 'future' and occurred_at <= {{ add_days(as_of(), 1) }})
        or received_at >= {{ read_again_from() }}
),
{% else %}
restaged as (
    select * from states
    union all
    select
        contact_id,
        occurred_at as restaged_from
    from landed_events
    where false
),
{% endif %}

dated as (
    select
        contact_id,
        min(restaged_from) as restaged_from
    from restaged
    where contact_id is not null
    group by contact_id
)

select * from dated
