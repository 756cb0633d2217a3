with

crossings as (
    select
        crossings.trigger_id,
        crossings.subject_id,
        crossings.visit_entered_at,
        crossings.crossed_at,
        triggers.scope,
        triggers.score_group,
        triggers.direction
    from {{ ref('int_all_crossings') }} as crossings
    inner join {{ ref('stg_triggers') }} as triggers on crossings.trigger_id = triggers.trigger_id
),

watched_scores as (select scope, watched_group, score_group from {{ ref('int_watched_scores') }}),

in_total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_in_total
),

contacts as (select contact_id, known_account_id, created_at from {{ ref('int_contacts_known') }}),

lines as (
    select
        contact_id,
        score_group,
        line_kind,
        rule_id,
        event_id,
        effective_at,
        points
    from {{ ref('points_ledger') }}
    where points != 0
),

watched_groups as (
    select scope, watched_group, score_group from watched_scores
    union all
    select 'stage' as scope, '' as watched_group, score_group from in_total
),

watched_contacts as (
    select
        trigger_id,
        subject_id,
        visit_entered_at,
        crossed_at,
        scope,
        case when scope = 'stage' then '' else score_group end as watched_group,
        direction,
        subject_id as contact_id
    from crossings
    where scope != 'account'
    union all
    select
        crossings.trigger_id,
        crossings.subject_id,
        crossings.visit_entered_at,
        crossings.crossed_at,
        crossings.scope,
        crossings.score_group as watched_group,
        crossings.direction,
        contacts.contact_id
    from crossings
    inner join contacts
        on
            crossings.subject_id = contacts.known_account_id
            and crossings.crossed_at >= contacts.created_at
    where crossings.scope = 'account'
),

ranked as (
    select
        watched_contacts.trigger_id,
        watched_contacts.subject_id,
        watched_contacts.visit_entered_at,
        watched_contacts.crossed_at,
        lines.rule_id,
        lines.event_id,
        row_number() over (
            partition by
                watched_contacts.trigger_id,
                watched_contacts.subject_id,
                watched_contacts.visit_entered_at,
                watched_contacts.crossed_at
            order by
                case when watched_contacts.direction = 'up' then -1 else 1 end * {{ round_half_up('lines.points', 6) }},
                lines.rule_id,
                lines.event_id
        ) as cause_rank
    from lines
    inner join watched_contacts
        on
            lines.contact_id = watched_contacts.contact_id
            and lines.effective_at = watched_contacts.crossed_at
            and (watched_contacts.scope != 'stage' or lines.line_kind in ('event', 'manual'))
    inner join watched_groups
        on
            watched_contacts.scope = watched_groups.scope
            and watched_contacts.watched_group = watched_groups.watched_group
            and lines.score_group = watched_groups.score_group
),

causes as (
    select
        trigger_id,
        subject_id,
        visit_entered_at,
        crossed_at,
        rule_id as cause_rule_id,
        event_id as cause_event_id
    from ranked
    where cause_rank = 1
)

select * from causes
