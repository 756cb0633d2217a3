with

event_exclusions as (select * from {{ ref('event_exclusions') }}),

cast_cells as (
    select
        rule_id,
        coalesce({{ given_text('label') }}, rule_id) as label,
        {{ plain_text('event_type') }} as event_type,
        {{ plain_text('channel') }} as channel,
        {{ given_text('reason') }} as reason
    from event_exclusions
)

select * from cast_cells
