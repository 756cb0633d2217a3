with

attribute_values as (select entity, entity_id, attribute, holds_from, value from {{ ref('int_attribute_values') }}),

rules as (
    select
        rule_id,
        entity,
        attribute,
        operator,
        operand
    from {{ ref('stg_attribute_weights') }}
),

judged as (
    select
        rules.rule_id,
        attribute_values.entity,
        attribute_values.entity_id,
        attribute_values.holds_from as turned_at,
        {{ satisfies('attribute_values.value', 'rules.operator', 'rules.operand') }} as is_satisfied
    from attribute_values
    inner join rules
        on
            attribute_values.entity = rules.entity
            and attribute_values.attribute = rules.attribute
),

compared_with_value_before as (
    select
        *,
        lag(is_satisfied, 1, false) over (
            partition by rule_id, entity_id order by turned_at
        ) as was_satisfied
    from judged
),

turns as (
    select
        rule_id,
        entity,
        entity_id,
        turned_at,
        is_satisfied
    from compared_with_value_before
    where is_satisfied != was_satisfied
)

select * from turns
