{{ config(materialized='view') }}

with

contacts as (select cutoff_at, contact_id, created_at, stage from {{ ref('int_contacts_cut') }}),

rules_held as (
    select
        cutoff_at,
        contact_id,
        rule_id,
        rule_kind,
        uses,
        awarded_points,
        recent_uses
    from {{ ref('int_rules_held') }}
),

group_points as (
    select group_points.cutoff_at, group_points.contact_id, group_points.score_group, group_points.points
    from {{ ref('int_group_points_cut') }} as group_points
    inner join {{ ref('stg_score_groups') }} as score_groups on group_points.score_group = score_groups.score_group
    where
        not score_groups.is_total
        and group_points.points != 0
),

engagements as (
    select
        cutoff_at,
        contact_id,
        max(last_used_at) as last_engaged_at
    from {{ ref('int_rule_sums_cut') }}
    group by cutoff_at, contact_id
),

event_rules as (
    select *
    from rules_held
    where rule_kind = 'event'
),

ages as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        {{ days_between('contacts.created_at', 'contacts.cutoff_at') }} as days_known,
        {{ days_between(
            'coalesce(greatest(engagements.last_engaged_at, contacts.created_at), contacts.created_at)',
            'contacts.cutoff_at'
        ) }} as days_silent
    from contacts
    left join engagements
        on
            contacts.cutoff_at = engagements.cutoff_at
            and contacts.contact_id = engagements.contact_id
),

-- By logarithms: the second visit says more than the hundredth.
features as (
    select cutoff_at, contact_id, 'times: ' || rule_id as feature, ln(1e0 + uses) as feature_value
    from event_rules
    union all
    select cutoff_at, contact_id, 'recent: ' || rule_id as feature, ln(1 + recent_uses) as feature_value
    from event_rules
    union all
    select
        cutoff_at,
        contact_id,
        'points: ' || rule_id as feature,
        sign(awarded_points) * ln(1 + abs(awarded_points)) as feature_value
    from event_rules
    union all
    select
        cutoff_at,
        contact_id,
        'group: ' || score_group as feature,
        sign(points) * ln(1 + abs(points)) as feature_value
    from group_points
    union all
    select cutoff_at, contact_id, 'holds: ' || rule_id as feature, 1e0 as feature_value
    from rules_held
    where rule_kind = 'attribute'
    union all
    select cutoff_at, contact_id, 'stage: ' || stage as feature, 1e0 as feature_value
    from contacts
    where stage is not null
    union all
    select cutoff_at, contact_id, 'days: known' as feature, ln(1 + days_known) as feature_value
    from ages
    union all
    select cutoff_at, contact_id, 'days: silent' as feature, ln(1 + days_silent) as feature_value
    from ages
)

select * from features
