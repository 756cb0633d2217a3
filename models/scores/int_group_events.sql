with

event_lines as (
    select
        contact_id,
        score_group,
        event_id
    from {{ ref('int_event_lines') }}
    where not is_excluded
),

counted as (
    select
        contact_id,
        score_group,
        count(distinct event_id) as events
    from event_lines
    group by contact_id, score_group
)

select * from counted
