{{ config(schema=target.schema) }}

with

crossings as (
    select
        trigger_id,
        subject_id,
        visit_entered_at,
        crossed_at,
        points_before,
        points_after
    from {{ ref('int_all_crossings') }}
),

causes as (
    select
        trigger_id,
        subject_id,
        visit_entered_at,
        crossed_at,
        cause_rule_id,
        cause_event_id
    from {{ ref('int_crossing_causes') }}
),

triggers as (
    select
        trigger_id,
        label,
        scope,
        score_group,
        direction,
        threshold,
        repeats,
        action,
        target
    from {{ ref('stg_triggers') }}
),

rule_labels as (select rule_id, label from {{ ref('int_rule_labels') }}),

contacts as (
    select
        contact_id,
        is_disqualified,
        disqualified_reason,
        is_opted_out
    from {{ ref('contact_scores') }}
),

described as (
    select
        md5(
            crossings.trigger_id || '|' || crossings.subject_id
            || case
                when triggers.scope = 'stage' then '|' || {{ microseconds_text('crossings.visit_entered_at') }}
                else ''
            end
            || case
                when triggers.repeats = 'every' then '|' || {{ microseconds_text('crossings.crossed_at') }}
                else ''
            end
        ) as crossing_id,
        crossings.trigger_id,
        triggers.label as trigger_label,
        triggers.scope,
        crossings.subject_id,
        triggers.score_group,
        triggers.direction,
        triggers.threshold,
        crossings.crossed_at,
        crossings.points_before,
        crossings.points_after,
        causes.cause_rule_id,
        rule_labels.label as cause_label,
        causes.cause_event_id,
        triggers.action,
        triggers.target,
        coalesce(triggers.scope != 'account' and (contacts.is_disqualified or contacts.is_opted_out), false)
            as is_suppressed,
        case
            when triggers.scope = 'account' then null
            when contacts.is_disqualified then 'disqualified: ' || contacts.disqualified_reason
            when contacts.is_opted_out then 'opted out'
        end as suppressed_reason
    from crossings
    inner join triggers on crossings.trigger_id = triggers.trigger_id
    left join causes
        on
            crossings.trigger_id = causes.trigger_id
            and crossings.subject_id = causes.subject_id
            and crossings.visit_entered_at is not distinct from causes.visit_entered_at
            and crossings.crossed_at = causes.crossed_at
    left join rule_labels on causes.cause_rule_id = rule_labels.rule_id
    left join contacts on crossings.subject_id = contacts.contact_id
)

select * from described
