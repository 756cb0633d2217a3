with

turns as (
    select
        contact_id,
        created_at,
        rule_id,
        turned_at,
        is_satisfied
    from {{ ref('int_contact_rule_turns') }}
),

rules as (
    select
        rule_id,
        score_group,
        points
    from {{ ref('stg_attribute_weights') }}
    where points != 0
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

moved_up_to_creation as (
    select
        turns.contact_id,
        rules.score_group,
        rules.rule_id,
        turns.turned_at,
        greatest(turns.turned_at, turns.created_at) as effective_at,
        case when turns.is_satisfied then rules.points else -rules.points end as points
    from turns
    inner join rules on turns.rule_id = rules.rule_id
),

lines as (
    select
        moved_up_to_creation.*,
        stage_visits.stage_visit
    from moved_up_to_creation
    inner join stage_visits
        on
            moved_up_to_creation.contact_id = stage_visits.contact_id
            and {{ is_in_visit('moved_up_to_creation.effective_at', 'stage_visits') }}
)

select * from lines
