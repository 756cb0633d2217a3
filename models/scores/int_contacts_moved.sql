-- Whose points, at any moment up to the last build or since, are not what they were in the build before.
with

states as (
    select
        contact_id,
        changed_from as moved_from
    from {{ ref('int_line_states') }}
    where changed_from is not null
),

touched as (select contact_id, touched_from as moved_from from {{ ref('int_contacts_touched') }}),

-- What history says of its last day was valued at the as_of of then.
since_last_day as (
    select
        contact_id,
        effective_at as moved_from
    from {{ ref('points_ledger') }}
    where
        effective_at >= date_trunc('day', {{ as_of_before() }})
        and {{ is_continued() | lower }}
),

reasons as (
    select * from states
    union all
    select * from touched
    union all
    select * from since_last_day
),

moved as (
    select
        contact_id,
        min(moved_from) as moved_from
    from reasons
    group by contact_id
)

select * from moved
