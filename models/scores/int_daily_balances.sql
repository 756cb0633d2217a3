{{ config(database='scratch') }}

-- With a half-life, points are summed as points x 2 ^ age, age in half-lives since 2000. Such numbers overflow beyond
-- 2 ^ 1023, so that the sum starts anew with each epoch of 500 half-lives and carries over what the epoch before left.
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

dated as (
    select
        *,
        cast(floor(age / 500) as bigint) as epoch
    from aged
),

summed_in_epoch as (
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
        epoch,
        sum(points * power(2e0, age - 500 * epoch)) over (
            partition by contact_id, score_group, stage_visit, epoch
            order by day
            rows between unbounded preceding and current row
        ) * power(2e0, 500 * epoch - age) as points
    from dated
),

epochs as (
    select
        min(epoch) as first_epoch,
        max(epoch) as last_epoch
    from dated
    where age != 0
),

ranked_from_end as (
    select
        contact_id,
        score_group,
        stage_visit,
        age,
        epoch,
        points,
        row_number() over (
            partition by contact_id, score_group, stage_visit, epoch order by day desc
        ) as rank_from_end
    from summed_in_epoch
    where
        age != 0
        and (select epochs.first_epoch < epochs.last_epoch from epochs)
),

-- What the epoch before that one carried over is worth less than 2 ^ -500 of it.
carried_over as (
    select
        summed_in_epoch.contact_id,
        summed_in_epoch.score_group,
        summed_in_epoch.day,
        summed_in_epoch.ends_at,
        summed_in_epoch.stage_visit,
        summed_in_epoch.has_lines,
        summed_in_epoch.begins_at_midnight,
        summed_in_epoch.gained_points,
        summed_in_epoch.lost_points,
        summed_in_epoch.points
        + coalesce(ranked_from_end.points * power(2e0, ranked_from_end.age - summed_in_epoch.age), 0) as points
    from summed_in_epoch
    left join ranked_from_end
        on
            summed_in_epoch.contact_id = ranked_from_end.contact_id
            and summed_in_epoch.score_group = ranked_from_end.score_group
            and summed_in_epoch.stage_visit is not distinct from ranked_from_end.stage_visit
            and summed_in_epoch.epoch - 1 = ranked_from_end.epoch
            and ranked_from_end.rank_from_end = 1
)

select * from carried_over
