-- A group in the total also has a row on days on which only another group of the total has lines.
with

daily_sums as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        points
    from {{ ref('int_daily_sums') }}
),

score_groups as (
    select
        score_group,
        is_in_total,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('stg_score_groups') }}
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

own_days as (
    select distinct
        contact_id,
        score_group,
        day,
        ends_at
    from daily_sums
),

days_of_total as (
    select distinct
        own_days.contact_id,
        own_days.day,
        own_days.ends_at
    from own_days
    inner join score_groups on own_days.score_group = score_groups.score_group
    where score_groups.is_in_total
),

groups_of_total as (
    select distinct
        own_days.contact_id,
        own_days.score_group
    from own_days
    inner join score_groups on own_days.score_group = score_groups.score_group
    where score_groups.is_in_total
),

all_days as (
    select contact_id, score_group, day, ends_at, true as has_lines from own_days
    union all
    select
        groups_of_total.contact_id,
        groups_of_total.score_group,
        days_of_total.day,
        days_of_total.ends_at,
        false as has_lines
    from groups_of_total
    inner join days_of_total on groups_of_total.contact_id = days_of_total.contact_id
    left join own_days
        on
            groups_of_total.contact_id = own_days.contact_id
            and groups_of_total.score_group = own_days.score_group
            and days_of_total.day = own_days.day
    where own_days.contact_id is null
),

days_with_visit as (
    select
        all_days.contact_id,
        all_days.score_group,
        all_days.day,
        all_days.ends_at,
        all_days.has_lines,
        score_groups.half_life_days,
        case when score_groups.is_reset_on_stage_change then visits.stage_visit end as stage_visit
    from all_days
    inner join score_groups on all_days.score_group = score_groups.score_group
    left join visits
        on
            score_groups.is_reset_on_stage_change
            and all_days.contact_id = visits.contact_id
            and all_days.ends_at >= visits.counts_from
            and all_days.ends_at < visits.counts_until
),

with_sums as (
    select
        days_with_visit.contact_id,
        days_with_visit.score_group,
        days_with_visit.day,
        days_with_visit.ends_at,
        days_with_visit.half_life_days,
        days_with_visit.stage_visit,
        days_with_visit.has_lines,
        coalesce(daily_sums.points, 0) as points
    from days_with_visit
    left join daily_sums
        on
            days_with_visit.contact_id = daily_sums.contact_id
            and days_with_visit.score_group = daily_sums.score_group
            and days_with_visit.day = daily_sums.day
            and coalesce(days_with_visit.stage_visit, 0) = coalesce(daily_sums.stage_visit, 0)
),

-- Age in half-lives, in spans of 500: a running sum of points x 2 ^ age would overflow beyond 1,023 of them.
aged as (
    select
        *,
        coalesce({{ days_between('first_ends_at', 'ends_at') }} / half_life_days, 0) as age,
        cast(floor(coalesce({{ days_between('first_ends_at', 'ends_at') }} / half_life_days, 0) / 500) as bigint) as span
    from (
        select
            *,
            min(ends_at) over (partition by contact_id, score_group) as first_ends_at
        from with_sums
    ) as dated
),

summed_in_span as (
    select
        contact_id,
        score_group,
        stage_visit,
        day,
        ends_at,
        has_lines,
        age,
        span,
        sum(points * power(2e0, age - 500 * span)) over (
            partition by contact_id, score_group, stage_visit, span
            order by day
            rows between unbounded preceding and current row
        ) * power(2e0, 500 * span - age) as points
    from aged
),

long_histories as (
    select distinct
        contact_id,
        score_group
    from summed_in_span
    where span > 0
),

ranked_in_span as (
    select
        summed_in_span.*,
        row_number() over (
            partition by
                summed_in_span.contact_id,
                summed_in_span.score_group,
                summed_in_span.stage_visit,
                summed_in_span.span
            order by summed_in_span.day desc
        ) as rank_from_end
    from summed_in_span
    inner join long_histories
        on
            summed_in_span.contact_id = long_histories.contact_id
            and summed_in_span.score_group = long_histories.score_group
),

-- What an earlier span but one carried over is worth less than 2 ^ -500 of it.
carried_over as (
    select
        summed_in_span.contact_id,
        summed_in_span.score_group,
        summed_in_span.day,
        summed_in_span.ends_at,
        summed_in_span.has_lines,
        summed_in_span.points
        + coalesce(ranked_in_span.points * power(2e0, ranked_in_span.age - summed_in_span.age), 0) as points
    from summed_in_span
    left join ranked_in_span
        on
            summed_in_span.contact_id = ranked_in_span.contact_id
            and summed_in_span.score_group = ranked_in_span.score_group
            and coalesce(summed_in_span.stage_visit, 0) = coalesce(ranked_in_span.stage_visit, 0)
            and summed_in_span.span - 1 = ranked_in_span.span
            and ranked_in_span.rank_from_end = 1
)

select * from carried_over
