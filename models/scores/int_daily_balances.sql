{{ config(database='scratch') }}

-- With a half-life, points are summed as points x 2 ^ age, age in half-lives since 2000. Such numbers overflow beyond
-- 2 ^ 1023, so that the sum starts anew every 500 half-lives and carries over what the span before left.
with

daily_sums as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        true as has_lines,
        begins_at_midnight,
        gained_points,
        lost_points,
        points
    from {{ ref('int_daily_sums') }}
),

daily_gaps as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        false as has_lines,
        false as begins_at_midnight,
        0 as gained_points,
        0 as lost_points,
        0 as points
    from {{ ref('int_daily_gaps_found') }}
),

score_groups as (select score_group, half_life_days from {{ ref('stg_score_groups') }}),

days as (
    select * from daily_sums
    union all
    select * from daily_gaps
),

aged as (
    select
        days.*,
        coalesce(
            {{ days_between("cast('2000-01-01' as timestamp)", 'days.ends_at') }} / score_groups.half_life_days, 0
        ) as age
    from days
    inner join score_groups on days.score_group = score_groups.score_group
),

spanned as (
    select
        *,
        cast(floor(age / 500) as bigint) as span
    from aged
),

summed_in_span as (
    select
        contact_id,
        score_group,
        stage_visit,
        day,
        ends_at,
        has_lines,
        begins_at_midnight,
        gained_points,
        lost_points,
        age,
        span,
        sum(points * power(2e0, age - 500 * span)) over (
            partition by contact_id, score_group, stage_visit, span
            order by day
            rows between unbounded preceding and current row
        ) * power(2e0, 500 * span - age) as points
    from spanned
),

spans as (
    select
        min(span) as first_span,
        max(span) as last_span
    from spanned
    where age != 0
),

ranked_from_end as (
    select
        contact_id,
        score_group,
        stage_visit,
        age,
        span,
        points,
        row_number() over (
            partition by contact_id, score_group, stage_visit, span order by day desc
        ) as rank_from_end
    from summed_in_span
    where
        age != 0
        and (select spans.first_span < spans.last_span from spans)
),

-- What the span before that one carried over is worth less than 2 ^ -500 of it.
carried_over as (
    select
        summed_in_span.contact_id,
        summed_in_span.score_group,
        summed_in_span.day,
        summed_in_span.ends_at,
        summed_in_span.stage_visit,
        summed_in_span.has_lines,
        summed_in_span.begins_at_midnight,
        summed_in_span.gained_points,
        summed_in_span.lost_points,
        summed_in_span.points
        + coalesce(ranked_from_end.points * power(2e0, ranked_from_end.age - summed_in_span.age), 0) as points
    from summed_in_span
    left join ranked_from_end
        on
            summed_in_span.contact_id = ranked_from_end.contact_id
            and summed_in_span.score_group = ranked_from_end.score_group
            and summed_in_span.stage_visit is not distinct from ranked_from_end.stage_visit
            and summed_in_span.span - 1 = ranked_from_end.span
            and ranked_from_end.rank_from_end = 1
)

select * from carried_over
