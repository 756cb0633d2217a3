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
    select distinct
        scope,
        watched_group,
        {{ limit_points('starting_points', 'total_min_points', 'total_max_points') }} as points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

triggers as (
    select
        triggers.trigger_id,
        triggers.scope,
        triggers.direction,
        triggers.threshold,
        triggers.arming_level,
        triggers.repeats,
        triggers.active_from,
        coalesce(starting_points.points, 0) as starting_points
    from {{ ref('stg_triggers') }} as triggers
    left join starting_points
        on
            triggers.scope = starting_points.scope
            and triggers.score_group = starting_points.watched_group
),

-- A window sorts every moment that is watched, which is faster before the columns of triggers are joined.
followed as (
    select
        *,
        lag(points) over (partition by trigger_id, subject_id, stage_visit order by moment) as points_before
    from watched
),

judged as (
    select
        followed.*,
        case
            when triggers.direction = 'up' and followed.points >= triggers.threshold then true
            when triggers.direction = 'up' and followed.points < triggers.arming_level then false
            when triggers.direction = 'down' and followed.points < triggers.threshold then true
            when triggers.direction = 'down' and followed.points >= triggers.arming_level then false
        end as is_past
    from followed
    inner join triggers on followed.trigger_id = triggers.trigger_id
),

compared as (
    select
        *,
        lag(is_past) over (partition by trigger_id, subject_id, stage_visit order by moment) as was_past
    from judged
    where is_past is not null
),

fired as (
    select
        compared.trigger_id,
        triggers.scope,
        compared.subject_id,
        compared.visit_entered_at,
        compared.moment,
        coalesce(compared.points_before, triggers.starting_points) as points_before,
        compared.points,
        triggers.repeats,
        -- By entered_at, as the id is: a first visit that ended before the contact was created shares it with the next.
        row_number() over (
            partition by compared.trigger_id, compared.subject_id, compared.visit_entered_at order by compared.moment
        ) as crossing_number
    from compared
    inner join triggers on compared.trigger_id = triggers.trigger_id
    where
        compared.is_past
        -- Up starts armed, down does not.
        and not coalesce(compared.was_past, triggers.direction = 'down')
        and (triggers.active_from is null or compared.moment >= triggers.active_from)
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
