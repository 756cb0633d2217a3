-- Midnights at which nothing but time passed, of intervals in which points pass a level that a trigger looks at. No
-- other midnight can change anything: the sum of the lower ends and the sum of the higher ends of the groups bound all
-- that lies between.
with

intervals as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        next_moment,
        is_last,
        balance,
        half_life_days,
        min_points,
        max_points,
        points,
        points_then
    from {{ ref('int_watched_intervals') }}
    where fold like 'contact:%'
),

levels as (
    select
        'contact:' || score_group as fold,
        threshold as level
    from {{ ref('stg_triggers') }}
    where scope = 'contact'
    union
    select
        'contact:' || score_group as fold,
        threshold + case when direction = 'up' then -hysteresis else hysteresis end as level
    from {{ ref('stg_triggers') }}
    where scope = 'contact'
),

bounds as (
    select
        fold,
        contact_id,
        moment,
        next_moment,
        is_last,
        sum(least(points, points_then)) - 0.00001 as lowest,
        sum(greatest(points, points_then)) + 0.00001 as highest
    from intervals
    group by fold, contact_id, moment, next_moment, is_last
    having sum(abs(points - points_then)) > 0
),

passing as (
    select distinct
        bounds.fold,
        bounds.contact_id,
        bounds.moment,
        bounds.next_moment,
        bounds.is_last
    from bounds
    inner join levels
        on
            bounds.fold = levels.fold
            and bounds.lowest < levels.level
            and bounds.highest >= levels.level
),

longest as (
    select coalesce(max(cast(floor({{ days_between('moment', 'next_moment') }}) as bigint)) + 1, 0) as days
    from passing
),

days as ({{ integers_up_to('(select longest.days from longest)') }}),

midnights as (
    select
        passing.fold,
        passing.contact_id,
        passing.moment as since,
        {{ add_days("date_trunc('day', passing.moment)", 'days.step') }} as moment
    from passing
    inner join days
        on
            {{ add_days("date_trunc('day', passing.moment)", 'days.step') }} < passing.next_moment
            or (
                passing.is_last
                and {{ add_days("date_trunc('day', passing.moment)", 'days.step') }} = passing.next_moment
            )
),

valued as (
    select
        midnights.fold,
        midnights.contact_id,
        midnights.since,
        midnights.moment,
        intervals.score_group,
        intervals.min_points,
        intervals.max_points,
        {{ round_half_up(
            line_value('intervals.balance', 'midnights.since', 'midnights.moment', 'intervals.half_life_days'), 6
        ) }} as points
    from midnights
    inner join intervals
        on
            midnights.fold = intervals.fold
            and midnights.contact_id = intervals.contact_id
            and midnights.since = intervals.moment
),

limited as (
    select
        fold,
        contact_id,
        since,
        moment,
        score_group,
        {{ limit_points('points', 'min_points', 'max_points') }} as points
    from valued
)

select * from limited
