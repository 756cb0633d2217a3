{{ config(materialized='view') }}

-- Other events of contacts that are restaged, and of none: what shares an id with a landed event has landed again.
with

landed as (
    select
        event_id,
        contact_id,
        event_type,
        channel,
        asset,
        properties,
        occurred_at,
        received_at,
        fault,
        landed_from
    from {{ ref('landed_events') }}
),

contacts as (select contact_id from {{ ref('int_contacts_restaged') }}),

{% if is_continued() %}
landed_ids as (select distinct event_id from landed),

-- Of a file, rows with a fault land again only where everything is read again; of a relation, those without an id.
faults_landed as (
    select distinct
        landed_from,
        case when landed_from is null then {{ received_at() }} end as received_at,
        true as is_read_again
    from landed
    where
        fault is not null
        and (landed_from is not null or event_id is null)
),

staged as (
    select
        before.event_id,
        coalesce(before.alias_id, before.contact_id) as contact_id,
        before.event_type,
        before.channel,
        before.asset,
        before.properties,
        before.occurred_at,
        before.received_at,
        case when {{ is_rejected('before.verdict') }} and before.verdict != 'future' then before.verdict end as fault,
        before.landed_from,
        before.raw
    from {{ built_before('stg_events') }} as before
    left join contacts on before.contact_id = contacts.contact_id
    left join landed_ids on before.event_id = landed_ids.event_id
    left join faults_landed
        on
            before.landed_from is not distinct from faults_landed.landed_from
            and before.received_at is not distinct from faults_landed.received_at
    where
        (contacts.contact_id is not null or before.contact_id is null)
        and case
            when before.verdict not in ('missing_key', 'bad_timestamp', 'bad_value') then landed_ids.event_id is null
            when before.landed_from is null then landed_ids.event_id is null and faults_landed.is_read_again is null
            else faults_landed.is_read_again is null
        end
        and (before.received_at is null or before.received_at < {{ read_again_from() }})
)
{% else %}
staged as (
    select
        landed.*,
        cast(null as varchar) as raw
    from landed
    inner join contacts on landed.contact_id = contacts.contact_id
    where false
)
{% endif %}

select * from staged
