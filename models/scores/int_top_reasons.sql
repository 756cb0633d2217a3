{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_moved'}) }}

with

awarded as (
    select
        contact_id,
        rule_id,
        sum(face_points) as points
    from {{ ref('int_line_sums') }}
    where
        line = 'awarded'
        and {{ is_redone('contact_id', ref('int_contacts_moved')) }}
    group by contact_id, rule_id
    having {{ round_half_up('sum(face_points)', 6) }} > 0
),

reasons as (select rule_id, label from {{ ref('int_rule_labels') }}),

ranked as (
    select
        contact_id,
        rule_id,
        points,
        row_number() over (
            partition by contact_id order by {{ round_half_up('points', 6) }} desc, rule_id asc
        ) as reason_rank
    from awarded
),

named as (
    select
        ranked.contact_id,
        ranked.reason_rank,
        reasons.label || ' (' || {{ points_text('ranked.points') }} || ')' as reason
    from ranked
    inner join reasons on ranked.rule_id = reasons.rule_id
    where ranked.reason_rank <= 3
),

joined as (
    select
        contact_id,
        {{ first_three('reason', 'reason_rank') }} as top_reasons
    from named
    group by contact_id
)

select * from joined
