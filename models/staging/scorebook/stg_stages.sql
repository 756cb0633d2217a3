with

stages as (select * from {{ ref('stages') }}),

cast_cells as (
    select
        {{ given_text('stage') }} as stage,
        {{ plain_text('stage') }} as stage_key,
        cast({{ parse_number('position') }} as bigint) as position,
        coalesce({{ given_text('label') }}, {{ given_text('stage') }}) as label,
        {{ parse_number('ready_points') }} as ready_points,
        {{ parse_number('interactions_expected') }} as interactions_expected
    from stages
)

select * from cast_cells
