-- Whose events, visits or aliases are not what they were in the build before.
with

restaged as (select contact_id from {{ ref('int_contacts_restaged') }}),

landed_events as (
    select contact_id
    from {{ ref('landed_events') }}
    where {{ is_continued() | lower }}
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

landed_contacts as (
    select coalesce(aliases.contact_id, landed_events.contact_id) as contact_id
    from landed_events
    left join aliases on landed_events.contact_id = aliases.alias_id
    where landed_events.contact_id is not null
),

touched as (
    select * from restaged
    union
    select * from landed_contacts
)

select * from touched
