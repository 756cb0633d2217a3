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

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

judged as (
    select
        rows_to_judge.event_id,
        coalesce(ids.contact_id, rows_to_judge.contact_id) as contact_id,
        {{ plain_text('rows_to_judge.event_type') }} as event_type,
        {{ plain_text('rows_to_judge.channel') }} as channel,
        {{ given_text('rows_to_judge.asset') }} as asset,
        -- The engine may look into properties before it filters by verdict.
        case when rows_to_judge.fault is null then rows_to_judge.properties end as properties,
        rows_to_judge.occurred_at,
        {{ verdict(
            fault='rows_to_judge.fault',
            repeat_number='rows_to_judge.repeat_number',
            moment='rows_to_judge.occurred_at',
            is_known='ids.is_known'
        ) }} as verdict,
        case when ids.contact_id != rows_to_judge.contact_id then rows_to_judge.contact_id end as alias_id,
        rows_to_judge.landed_from,
        rows_to_judge.received_at,
        rows_to_judge.whole_row,
        rows_to_judge.raw
    from rows_to_judge
    left join ids on rows_to_judge.contact_id = ids.id
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
        case when {{ is_rejected('verdict') }} then coalesce(raw, {{ row_as_json('whole_row') }}) end as raw
    from judged
)

select * from kept_raw_where_rejected
