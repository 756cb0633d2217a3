{{ config(database='scratch', materialized='view') }}

with

spans as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        begun_on
    from {{ ref('int_spans_passing') }}
),

-- A gap may end with lines of its very midnight, which are those of the day. The last moment of the day before is the
-- one before a crossing in what follows.
days as (
    select
        watched_score,
        contact_id,
        day,
        begun_on
    from spans
    where day < cast('9999-12-31' as date)
    union
    select
        watched_score,
        contact_id,
        cast({{ add_days('opened_at', -1) }} as date) as day,
        begun_on
    from spans
    where begun_on < day
)

select * from days
