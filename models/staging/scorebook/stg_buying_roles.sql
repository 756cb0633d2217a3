with

buying_roles as (select * from {{ ref('buying_roles') }}),

cast_cells as (
    select
        {{ plain_text('buying_role') }} as buying_role,
        coalesce({{ parse_number('weight') }}, 1) as weight,
        coalesce({{ parse_number('required_members') }}, 1) as required_members
    from buying_roles
)

select * from cast_cells
