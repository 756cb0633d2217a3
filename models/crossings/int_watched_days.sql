{{ config(database='scratch', materialized='view') }}

with

spans as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        was_begun_before,
        is_begun,
        is_begun_by_end
    from {{ ref('int_spans_passing') }}
),

-- A gap may end with lines of its very midnight, which are those of the day. The last moment of the day before is the
-- one before a crossing in what follows.
days as (
    select
        watched_score,
        contact_id,
        day,
        is_begun,
        is_begun_by_end
    from spans
    where day < cast('9999-12-31' as date)
    union
    select
        watched_score,
        contact_id,
        cast({{ add_days('opened_at', -1) }} as date) as day,
        was_begun_before as is_begun,
        is_begun as is_begun_by_end
    from spans
    where is_begun
)

select * from days
