with

attribute_weights as (select * from {{ ref('attribute_weights') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        attribute_weights.rule_id,
        coalesce({{ given_text('attribute_weights.label') }}, attribute_weights.rule_id) as label,
        score_groups.score_group,
        {{ plain_text('attribute_weights.entity') }} as entity,
        {{ exact_text('attribute_weights.attribute') }} as attribute,
        {{ plain_text('attribute_weights.operator') }} as operator,
        {{ operand('attribute_weights.value', 'attribute_weights.operator') }} as operand,
        coalesce({{ parse_number('attribute_weights.points') }}, 0) as points,
        coalesce({{ parse_boolean('attribute_weights.disqualifies') }}, false) as is_disqualifying
    from attribute_weights
    left join score_groups on {{ plain_text('attribute_weights.score_group') }} = score_groups.score_group_key
)

select * from cast_cells
