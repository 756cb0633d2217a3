with

turns as (
    select
        contact_id,
        rule_id,
        turned_at,
        is_satisfied
    from {{ ref('int_contact_rule_turns') }}
),

gates as (
    select
        rule_id,
        label
    from {{ ref('stg_attribute_weights') }}
    where is_disqualifying
),

latest_turns as (
    select
        turns.contact_id,
        turns.rule_id,
        gates.label,
        turns.is_satisfied,
        row_number() over (partition by turns.contact_id, turns.rule_id order by turns.turned_at desc) as recency
    from turns
    inner join gates on turns.rule_id = gates.rule_id
),

closed_gates as (
    select
        contact_id,
        label,
        row_number() over (partition by contact_id order by rule_id) as gate_number
    from latest_turns
    where
        recency = 1
        and is_satisfied
),

first_gates as (
    select
        contact_id,
        label as disqualified_reason
    from closed_gates
    where gate_number = 1
)

select * from first_gates
