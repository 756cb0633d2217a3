-- Whose events, visits or aliases are not what they were in the build before.
with

restaged as (select contact_id, restaged_from from {{ ref('int_contacts_restaged') }}),

landed_events as (
    select
        contact_id,
        occurred_at
    from {{ ref('landed_events') }}
    where {{ is_continued() | lower }}
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

owners as (
    select
        coalesce(aliases.contact_id, landed_events.contact_id) as contact_id,
        landed_events.occurred_at
    from landed_events
    left join aliases on landed_events.contact_id = aliases.alias_id
    where landed_events.contact_id is not null
),

reasons as (
    select contact_id, restaged_from as touched_from from restaged
    union all
    select contact_id, occurred_at as touched_from from owners
),

touched as (
    select
        contact_id,
        coalesce(min(touched_from), cast('9999-12-31' as timestamp)) as touched_from
    from reasons
    group by contact_id
)

select * from touched
