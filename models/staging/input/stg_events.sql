{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_restaged'}, incremental_predicates=['contact_id is null']) }}

with

ranked as (
    select
        event_id,
        contact_id,
        event_type,
        channel,
        asset,
        properties,
        occurred_at,
        case when landed_from is null then {{ received_at() }} end as received_at,
        fault,
        repeat_number,
        landed_from,
        cast(null as varchar) as raw,
        whole_row
    from {{ ref('int_events_ranked') }}
),

restaged as (
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
        1 as repeat_number,
        landed_from,
        raw,
        null as whole_row
    from {{ ref('int_events_restaged') }}
),

rows_to_judge as (
    select * from ranked
    union all
    select * from restaged
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        rows_to_judge.event_id,
        coalesce(aliases.contact_id, rows_to_judge.contact_id) as contact_id,
        {{ plain_text('rows_to_judge.event_type') }} as event_type,
        {{ plain_text('rows_to_judge.channel') }} as channel,
        {{ given_text('rows_to_judge.asset') }} as asset,
        -- The engine may look into properties before it filters by verdict.
        case when rows_to_judge.fault is null then rows_to_judge.properties end as properties,
        rows_to_judge.occurred_at,
        case
            when rows_to_judge.fault is not null then rows_to_judge.fault
            when rows_to_judge.repeat_number > 1 then 'duplicate'
            when rows_to_judge.occurred_at > {{ add_days(as_of(), 1) }} then 'future'
            when rows_to_judge.occurred_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict,
        case when aliases.contact_id is not null then rows_to_judge.contact_id end as alias_id,
        rows_to_judge.landed_from,
        rows_to_judge.received_at,
        rows_to_judge.whole_row,
        rows_to_judge.raw
    from rows_to_judge
    left join aliases on rows_to_judge.contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, rows_to_judge.contact_id) = contacts.contact_id
),

kept_raw_where_rejected as (
    select
        event_id,
        contact_id,
        event_type,
        channel,
        asset,
        properties,
        occurred_at,
        verdict,
        alias_id,
        landed_from,
        received_at,
        case
            when verdict not in ('used', 'waiting', 'unmatched') then coalesce(raw, {{ row_as_json('whole_row') }})
        end as raw
    from judged
)

select * from kept_raw_where_rejected
