with

rule_conditions as (select * from {{ ref('rule_conditions') }}),

cast_cells as (
    select
        rule_id,
        {{ exact_text('field') }} as field,
        {{ plain_text('operator') }} as operator,
        {{ operand('value', 'operator') }} as operand
    from rule_conditions
)

select * from cast_cells
