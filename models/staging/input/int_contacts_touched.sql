-- Whose events, visits or aliases are not what they were in the build before.
with

states as (
    select contact_id
    from {{ ref('int_contact_states') }}
    where has_changed
),

landed_events as (select event_id, contact_id from {{ ref('landed_events') }}),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

landed_contacts as (
    select coalesce(aliases.contact_id, landed_events.contact_id) as contact_id
    from landed_events
    left join aliases on landed_events.contact_id = aliases.alias_id
),

{% if is_continued() %}
events_before as (
    select
        event_id,
        contact_id,
        occurred_at,
        received_at,
        verdict
    from {{ built_before('stg_events') }}
),

touched as (
    select * from states
    union
    select * from landed_contacts
    union
    select events_before.contact_id
    from events_before
    inner join landed_events on events_before.event_id = landed_events.event_id
    union
    select contact_id
    from events_before
    where
        (verdict = 'waiting' and occurred_at <= {{ as_of() }})
        or (verdict = 'future' and occurred_at <= {{ add_days(as_of(), 1) }})
        or received_at >= {{ read_again_from() }}
),
{% else %}
touched as (
    select * from states
    union all
    select * from landed_contacts
    where false
),
{% endif %}

with_id as (
    select contact_id
    from touched
    where contact_id is not null
)

select * from with_id
