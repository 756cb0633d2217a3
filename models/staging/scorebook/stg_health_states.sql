with

health_states as (select * from {{ ref('health_states') }}),

cast_cells as (
    select
        {{ given_text('state') }} as health,
        cast({{ parse_number('position') }} as bigint) as position,
        coalesce({{ given_text('label') }}, {{ given_text('state') }}) as label,
        {{ parse_number('min_silent_days') }} as min_silent_days,
        {{ parse_number('min_change_7d') }} as min_change_7d,
        {{ parse_number('max_change_7d') }} as max_change_7d,
        {{ parse_number('min_change_30d') }} as min_change_30d,
        {{ parse_number('max_change_30d') }} as max_change_30d,
        {{ plain_text('churn_risk') }} as churn_risk,
        {{ given_text('action') }} as action
    from health_states
)

select * from cast_cells
