-- Where points stay on one side of every level that a trigger looks at, nothing can fire or arm.
with

spans as (
    select
        contact_id,
        score_group,
        day,
        opened_at,
        day_begins_at,
        was_begun_before,
        is_begun,
        is_begun_by_end,
        lowest_in_gap,
        highest_in_gap,
        lowest_in_day,
        highest_in_day
    from {{ ref('int_watched_spans') }}
),

watched_scores as (
    select
        fold,
        score_group,
        points_without_lines
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

levels as (select fold, level from {{ ref('int_watched_levels') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

starting_points as (
    select
        fold,
        sum(points_without_lines) as points
    from watched_scores
    group by fold
),

-- A group of the total in which the contact has no line stands still.
summed as (
    select
        watched_scores.fold,
        spans.contact_id,
        spans.day,
        max(spans.opened_at) as opened_at,
        max(spans.day_begins_at) as day_begins_at,
        max(spans.was_begun_before) as was_begun_before,
        max(spans.is_begun) as is_begun,
        max(spans.is_begun_by_end) as is_begun_by_end,
        sum(spans.lowest_in_gap - watched_scores.points_without_lines) as lowest_in_gap,
        sum(spans.highest_in_gap - watched_scores.points_without_lines) as highest_in_gap,
        sum(spans.lowest_in_day - watched_scores.points_without_lines) as lowest_in_day,
        sum(spans.highest_in_day - watched_scores.points_without_lines) as highest_in_day
    from spans
    inner join watched_scores on spans.score_group = watched_scores.score_group
    group by watched_scores.fold, spans.contact_id, spans.day
),

-- Before the first line of all, nothing has fired or armed yet: any level that is reached is passed.
passing as (
    select
        summed.fold,
        summed.contact_id,
        summed.day,
        summed.opened_at,
        summed.day_begins_at,
        summed.was_begun_before,
        summed.is_begun,
        summed.is_begun_by_end,
        max(
            case
                when
                    summed.highest_in_gap + starting_points.points >= levels.level - 0.00001
                    and (
                        not summed.is_begun
                        or summed.lowest_in_gap + starting_points.points < levels.level + 0.00001
                    )
                    then 1
                else 0
            end
        ) = 1 as is_passed_in_gap,
        max(
            case
                when
                    summed.highest_in_day + starting_points.points >= levels.level - 0.00001
                    and (
                        not summed.is_begun
                        or summed.lowest_in_day + starting_points.points < levels.level + 0.00001
                    )
                    then 1
                else 0
            end
        ) = 1 as is_passed_in_day
    from summed
    inner join starting_points on summed.fold = starting_points.fold
    inner join levels
        on
            summed.fold = levels.fold
            and greatest(summed.highest_in_gap, summed.highest_in_day) + starting_points.points
            >= levels.level - 0.00001
            and (
                not summed.is_begun
                or least(summed.lowest_in_gap, summed.lowest_in_day) + starting_points.points < levels.level + 0.00001
            )
    group by
        summed.fold,
        summed.contact_id,
        summed.day,
        summed.opened_at,
        summed.day_begins_at,
        summed.was_begun_before,
        summed.is_begun,
        summed.is_begun_by_end
),

lowest_levels as (
    select
        fold,
        min(level) as level
    from levels
    group by fold
),

-- Lower limits alone may reach a level, with no line at all.
never_scored as (
    select
        starting_points.fold,
        contacts.contact_id,
        cast('9999-12-31' as date) as day,
        cast('0001-01-01' as timestamp) as opened_at,
        {{ as_of() }} as day_begins_at,
        false as was_begun_before,
        false as is_begun,
        false as is_begun_by_end,
        true as is_passed_in_gap,
        false as is_passed_in_day
    from starting_points
    inner join lowest_levels on starting_points.fold = lowest_levels.fold
    cross join contacts
    left join summed
        on
            starting_points.fold = summed.fold
            and contacts.contact_id = summed.contact_id
            and summed.opened_at = cast('0001-01-01' as timestamp)
    where
        starting_points.points >= lowest_levels.level
        and summed.contact_id is null
),

looked_at as (
    select * from passing
    union all
    select * from never_scored
)

select * from looked_at
