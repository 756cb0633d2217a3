with

event_exclusions as (select * from {{ ref('event_exclusions') }}),

cast_cells as (
    select
        rule_id,
        {{ plain_text('event_type') }} as event_type,
        {{ plain_text('channel') }} as channel,
        {{ given_text('reason') }} as reason
    from event_exclusions
)

select * from cast_cells
