-- Whose points, at any moment up to the last build or since, are not what they were in the build before.
with

states as (
    select contact_id
    from {{ ref('int_line_states') }}
    where has_changed
),

touched as (select contact_id from {{ ref('int_contacts_touched') }}),

-- What history says of its last day was valued at the as_of of then.
since_last_day as (
    select contact_id
    from {{ ref('points_ledger') }}
    where
        effective_at >= date_trunc('day', {{ as_of_before() }})
        and {{ is_continued() | lower }}
),

moved as (
    select * from states
    union
    select * from touched
    union
    select * from since_last_day
)

select * from moved
