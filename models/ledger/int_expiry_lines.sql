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
        half_life_days,
        decay_percent,
        step_microseconds,
        decay_steps
    from {{ ref('int_fading_awards') }}
    where expires_at <= {{ as_of() }}
),

aged as (
    select
        *,
        -- Steps strictly before the expiry are those within one microsecond less.
        {{ microseconds_between('effective_at', 'expires_at') }} - 1 as age
    from awards
),

decay_counted as (
    select
        *,
        case
            when decay_percent is not null
                then least(greatest((age - mod(age, step_microseconds)) / step_microseconds, 0), decay_steps)
        end as steps_taken
    from aged
),

valued as (
    select
        award_kind,
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        expires_at as effective_at,
        origin_at,
        stage_visit,
        case
            when steps_taken = decay_steps then 0
            when decay_percent is not null then -points * (1 - steps_taken * decay_percent / 100)
            else -{{ line_value('points', 'effective_at', 'expires_at', 'half_life_days') }}
        end as points
    from decay_counted
),

-- Where decay has taken everything, nothing is left to expire.
lines as (
    select * from valued
    where points != 0
)

select * from lines
