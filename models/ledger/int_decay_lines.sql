with

awards as (
    select
        award_kind,
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        effective_at,
        origin_at,
        stage_visit,
        points,
        expires_at,
        decay_percent,
        step_microseconds,
        decay_steps
    from {{ ref('int_fading_awards') }}
    where decay_percent is not null
),

-- At the moment of expiry, expiry takes all: the last step lies a microsecond before it at the latest.
with_last_moment as (
    select
        *,
        least({{ as_of() }}, coalesce({{ add_microseconds('expires_at', '-1') }}, {{ as_of() }})) as last_moment
    from awards
),

due as (
    select
        *,
        least(
            decay_steps,
            cast(
                floor({{ microseconds_between('effective_at', 'last_moment') }} / cast(step_microseconds as double))
                as bigint
            )
        ) as steps_due
    from with_last_moment
    where last_moment > effective_at
),

most_steps as (select coalesce(max(steps_due), 0) as steps_due from due),

steps as ({{ integers_up_to('(select most_steps.steps_due from most_steps)') }}),

lines as (
    select
        due.award_kind,
        due.contact_id,
        due.score_group,
        due.rule_id,
        due.event_id,
        due.asset,
        {{ add_microseconds('due.effective_at', 'steps.step * due.step_microseconds') }} as effective_at,
        due.origin_at,
        due.stage_visit,
        steps.step as decay_number,
        case
            when steps.step < due.decay_steps then -due.points * due.decay_percent / 100
            else (due.decay_steps - 1) * (due.points * due.decay_percent / 100) - due.points
        end as points
    from due
    inner join steps on due.steps_due >= steps.step
)

select * from lines
