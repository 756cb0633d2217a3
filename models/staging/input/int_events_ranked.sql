{{ config(materialized='view') }}

with

-- Few ids repeat: they are found without looking at anything else, and only their rows are compared. What has landed is
-- read each time: kept in between, it would not fit into memory.
repeated_ids as (
    select event_id
    from {{ ref('landed_events') }}
    group by event_id
    having count(*) > 1
),

single_rows as (
    select
        landed.event_id,
        landed.contact_id,
        landed.event_type,
        landed.channel,
        landed.asset,
        landed.properties,
        landed.occurred_at,
        landed.received_at,
        landed.fault,
        landed.unusable_row as whole_row,
        landed.landed_from,
        1 as repeat_number
    from {{ ref('landed_events') }} as landed
    left join repeated_ids on landed.event_id = repeated_ids.event_id
    where
        landed.fault is not null
        or repeated_ids.event_id is null
),

repeated_rows as (
    select
        landed.event_id,
        landed.contact_id,
        landed.event_type,
        landed.channel,
        landed.asset,
        landed.properties,
        landed.occurred_at,
        landed.received_at,
        landed.fault,
        landed.whole_row,
        landed.landed_from,
        row_number() over (
            partition by landed.event_id
            order by
                coalesce(landed.received_at, landed.occurred_at),
                landed.occurred_at,
                landed.contact_id,
                {{ plain_text('landed.event_type') }},
                landed.whole_row
        ) as repeat_number
    from {{ ref('landed_events') }} as landed
    inner join repeated_ids on landed.event_id = repeated_ids.event_id
    where landed.fault is null
),

ranked as (
    select * from single_rows
    union all
    select * from repeated_rows
)

select * from ranked
