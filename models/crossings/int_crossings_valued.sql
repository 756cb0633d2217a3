-- Midnights that cannot cross are not looked at, but one of them may be the watched moment before a crossing: then the
-- points of before are those of that midnight.
with

crossings as (
    select
        crossings.trigger_id,
        crossings.subject_id,
        crossings.visit_entered_at,
        crossings.crossed_at,
        crossings.points_before,
        crossings.points_after,
        triggers.scope,
        triggers.score_group
    from {{ ref('int_crossings_found') }} as crossings
    inner join {{ ref('stg_triggers') }} as triggers on crossings.trigger_id = triggers.trigger_id
),

intervals as (
    select
        fold,
        contact_id,
        moment,
        next_moment,
        balance,
        half_life_days,
        min_points,
        max_points
    from {{ ref('int_watched_intervals') }}
),

watched_scores as (
    select
        watched_score,
        score_group
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

score_groups as (
    select
        score_group,
        min_points,
        max_points,
        is_total
    from {{ ref('stg_score_groups') }}
),

contact_crossings as (
    select
        trigger_id,
        subject_id,
        crossed_at,
        'contact:' || score_group as fold,
        score_group,
        date_trunc('day', {{ add_microseconds('crossed_at', '-1') }}) as midnight_before
    from crossings
    where scope = 'contact'
),

valued_before as (
    select
        contact_crossings.trigger_id,
        contact_crossings.subject_id,
        contact_crossings.crossed_at,
        contact_crossings.score_group,
        intervals.min_points,
        intervals.max_points,
        {{ round_half_up(
            line_value(
                'intervals.balance',
                'intervals.moment',
                'greatest(intervals.moment, contact_crossings.midnight_before)',
                'intervals.half_life_days'
            ),
            6
        ) }} as points
    from contact_crossings
    inner join intervals
        on
            contact_crossings.fold = intervals.fold
            and contact_crossings.subject_id = intervals.contact_id
            and contact_crossings.crossed_at > intervals.moment
            and contact_crossings.crossed_at <= intervals.next_moment
),

summed_before as (
    select
        trigger_id,
        subject_id,
        crossed_at,
        score_group,
        sum({{ limit_points('points', 'min_points', 'max_points') }}) as points
    from valued_before
    group by trigger_id, subject_id, crossed_at, score_group
),

rounded_before as (
    select
        summed_before.trigger_id,
        summed_before.subject_id,
        summed_before.crossed_at,
        score_groups.is_total,
        score_groups.min_points,
        score_groups.max_points,
        {{ round_half_up('summed_before.points', 6) }} as points
    from summed_before
    inner join score_groups on summed_before.score_group = score_groups.score_group
),

groups_before_anything as (
    select
        watched_scores.watched_score,
        sum({{ limit_points('0e0', 'score_groups.min_points', 'score_groups.max_points') }}) as points
    from watched_scores
    inner join score_groups on watched_scores.score_group = score_groups.score_group
    group by watched_scores.watched_score
),

before_anything as (
    select
        score_groups.score_group,
        {{ limit_points('groups_before_anything.points', 'score_groups.min_points', 'score_groups.max_points') }}
            as points
    from groups_before_anything
    inner join score_groups on groups_before_anything.watched_score = score_groups.score_group
),

valued as (
    select
        crossings.trigger_id,
        crossings.subject_id,
        crossings.visit_entered_at,
        crossings.crossed_at,
        case
            when rounded_before.is_total
                then {{ limit_points(
                    'rounded_before.points', 'rounded_before.min_points', 'rounded_before.max_points'
                ) }}
            else coalesce(
                rounded_before.points,
                crossings.points_before,
                case when crossings.scope = 'contact' then before_anything.points end,
                0
            )
        end as points_before,
        crossings.points_after
    from crossings
    left join rounded_before
        on
            crossings.trigger_id = rounded_before.trigger_id
            and crossings.subject_id = rounded_before.subject_id
            and crossings.crossed_at = rounded_before.crossed_at
    left join before_anything on crossings.score_group = before_anything.score_group
)

select * from valued
