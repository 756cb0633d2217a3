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
        landed.*,
        landed.unusable_row as row_to_show,
        1 as repeat_number
    from {{ ref('landed_events') }} as landed
    left join repeated_ids on landed.event_id = repeated_ids.event_id
    where
        landed.fault is not null
        or repeated_ids.event_id is null
),

repeated_rows as (
    select
        landed.*,
        landed.whole_row as row_to_show,
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

all_rows as (
    select * from single_rows
    union all
    select * from repeated_rows
),

ranked as (
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
        row_to_show as whole_row,
        landed_from,
        repeat_number
    from all_rows
)

select * from ranked
