-- The state machine: between two levels nothing changes, so that a moment fires exactly when the last moment outside
-- them armed.
with

watched as (
    select
        trigger_id,
        subject_id,
        stage_visit,
        visit_entered_at,
        moment,
        points
    from {{ ref('int_trigger_points') }}
),

-- What a contact has before anything happens.
starting_points as (
    select
        scope,
        watched_score,
        {{ limit_points('sum(points_without_lines)', 'max(total_min_points)', 'max(total_max_points)') }} as points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
    group by scope, watched_score
),

triggers as (
    select
        triggers.trigger_id,
        triggers.scope,
        triggers.direction,
        triggers.threshold,
        {{ round_half_up(
            "(triggers.threshold + case when triggers.direction = 'up' then -triggers.hysteresis "
            ~ "else triggers.hysteresis end)",
            6
        ) }} as arming_level,
        triggers.repeats,
        triggers.active_from,
        coalesce(starting_points.points, 0) as starting_points
    from {{ ref('stg_triggers') }} as triggers
    left join starting_points
        on
            triggers.scope = starting_points.scope
            and triggers.score_group = starting_points.watched_score
),

judged as (
    select
        watched.trigger_id,
        watched.subject_id,
        watched.stage_visit,
        watched.visit_entered_at,
        watched.moment,
        watched.points,
        lag(watched.points, 1, triggers.starting_points) over (
            partition by watched.trigger_id, watched.subject_id, watched.stage_visit order by watched.moment
        ) as points_before,
        triggers.scope,
        triggers.direction,
        triggers.repeats,
        triggers.active_from,
        case
            when triggers.direction = 'up' and watched.points >= triggers.threshold then 'fires'
            when triggers.direction = 'up' and watched.points < triggers.arming_level then 'arms'
            when triggers.direction = 'down' and watched.points < triggers.threshold then 'fires'
            when triggers.direction = 'down' and watched.points >= triggers.arming_level then 'arms'
        end as effect
    from watched
    inner join triggers on watched.trigger_id = triggers.trigger_id
),

compared_with_effect_before as (
    select
        *,
        -- Up starts armed, down does not.
        lag(effect, 1, case when direction = 'up' then 'arms' else 'fires' end) over (
            partition by trigger_id, subject_id, stage_visit order by moment
        ) as effect_before
    from judged
    where effect is not null
),

fired as (
    select
        *,
        -- By entered_at, as the id is: a first visit that ended before the contact was created shares it with the next.
        row_number() over (partition by trigger_id, subject_id, visit_entered_at order by moment) as crossing_number
    from compared_with_effect_before
    where
        effect = 'fires'
        and effect_before = 'arms'
        and (active_from is null or moment >= active_from)
),

kept as (
    select
        trigger_id,
        scope,
        subject_id,
        visit_entered_at,
        moment as crossed_at,
        points_before,
        points as points_after
    from fired
    where
        repeats = 'every'
        or crossing_number = 1
)

select * from kept
