{{ config(materialized='table') }}

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
        whole_row
    from {{ ref('landed_events') }}
),

-- Few ids repeat: they are found without looking at anything else, and only their rows are compared.
repeated_ids as (
    select event_id
    from {{ ref('landed_events') }}
    group by event_id
    having count(*) > 1
),

single_rows as (
    select
        landed.*,
        1 as repeat_number
    from landed
    left join repeated_ids on landed.event_id = repeated_ids.event_id
    where
        landed.fault is not null
        or repeated_ids.event_id is null
),

repeated_rows as (
    select
        landed.*,
        row_number() over (
            partition by landed.event_id
            order by
                coalesce(landed.received_at, landed.occurred_at),
                landed.occurred_at,
                landed.contact_id,
                {{ plain_text('landed.event_type') }},
                landed.whole_row
        ) as repeat_number
    from landed
    inner join repeated_ids on landed.event_id = repeated_ids.event_id
    where landed.fault is null
),

ranked_repeats as (
    select * from single_rows
    union all
    select * from repeated_rows
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        ranked_repeats.event_id,
        coalesce(aliases.contact_id, ranked_repeats.contact_id) as contact_id,
        {{ plain_text('ranked_repeats.event_type') }} as event_type,
        {{ plain_text('ranked_repeats.channel') }} as channel,
        {{ given_text('ranked_repeats.asset') }} as asset,
        -- The engine may look into properties before it filters by verdict.
        case when ranked_repeats.fault is null then ranked_repeats.properties end as properties,
        ranked_repeats.occurred_at,
        case
            when ranked_repeats.fault is not null then ranked_repeats.fault
            when ranked_repeats.repeat_number > 1 then 'duplicate'
            when ranked_repeats.occurred_at > {{ add_days(as_of(), 1) }} then 'future'
            when ranked_repeats.occurred_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict,
        ranked_repeats.whole_row
    from ranked_repeats
    left join aliases on ranked_repeats.contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, ranked_repeats.contact_id) = contacts.contact_id
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
        case
            when verdict not in ('used', 'waiting', 'unmatched') then {{ row_as_json('whole_row') }}
        end as raw
    from judged
)

select * from kept_raw_where_rejected
