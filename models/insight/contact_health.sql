{{ config(schema=target.schema) }}

with

scores as (
    select
        contact_id,
        account_id,
        points,
        points_7d,
        points_30d,
        last_engaged_at
    from {{ ref('contact_scores') }}
),

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

states as (
    select
        health,
        position,
        label,
        min_silent_days,
        min_change_7d,
        max_change_7d,
        min_change_30d,
        max_change_30d,
        churn_risk,
        action
    from {{ ref('stg_health_states') }}
),

measured as (
    select
        scores.contact_id,
        scores.account_id,
        scores.points,
        {{ percent_change('scores.points', 'scores.points_7d') }} as change_percent_7d,
        {{ percent_change('scores.points', 'scores.points_30d') }} as change_percent_30d,
        scores.last_engaged_at,
        {{ round_half_up(
            days_between('coalesce(scores.last_engaged_at, contacts.created_at)', as_of()), 6
        ) }} as days_silent
    from scores
    inner join contacts on scores.contact_id = contacts.contact_id
),

ranked as (
    select
        measured.*,
        states.health,
        states.label as health_label,
        states.churn_risk,
        states.action,
        row_number() over (partition by measured.contact_id order by states.position) as state_rank
    from measured
    left join states
        on
            measured.days_silent >= coalesce(states.min_silent_days, measured.days_silent)
            and measured.change_percent_7d >= coalesce(states.min_change_7d, measured.change_percent_7d)
            and measured.change_percent_7d <= coalesce(states.max_change_7d, measured.change_percent_7d)
            and measured.change_percent_30d >= coalesce(states.min_change_30d, measured.change_percent_30d)
            and measured.change_percent_30d <= coalesce(states.max_change_30d, measured.change_percent_30d)
),

described as (
    select
        contact_id,
        account_id,
        health,
        health_label,
        churn_risk,
        action,
        points,
        change_percent_7d,
        change_percent_30d,
        days_silent,
        last_engaged_at,
        {{ as_of() }} as as_of
    from ranked
    where state_rank = 1
)

select * from described
