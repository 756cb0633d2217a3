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
        decay_step,
        decay_steps
    from {{ ref('int_fading_awards') }}
    where decay_percent is not null
),

most_steps as (select coalesce(max(decay_steps), 0) as decay_steps from awards),

steps as ({{ integers_up_to('(select most_steps.decay_steps from most_steps)') }}),

decayed as (
    select
        awards.award_kind,
        awards.contact_id,
        awards.score_group,
        awards.rule_id,
        awards.event_id,
        awards.asset,
        {{ add_microseconds('awards.effective_at', 'steps.step * awards.decay_step') }} as effective_at,
        awards.expires_at,
        awards.origin_at,
        awards.stage_visit,
        steps.step as decay_number,
        case
            when steps.step < awards.decay_steps then -awards.points * awards.decay_percent / 100
            else -awards.points * (1 - (awards.decay_steps - 1) * awards.decay_percent / 100)
        end as points
    from awards
    inner join steps on awards.decay_steps >= steps.step
),

-- At the moment of expiry, expiry takes all.
before_expiry as (
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
        decay_number,
        points
    from decayed
    where
        effective_at <= {{ as_of() }}
        and (expires_at is null or effective_at < expires_at)
)

select * from before_expiry
