{{ config(tags=['heavy']) }}

-- The last row of a contact and group is its points now, unless only time passed since in a way that moves points:
-- a half-life, or a stage change in a group that resets.
with

score_groups as (
    select
        score_group,
        is_total,
        is_in_total,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('stg_score_groups') }}
),

-- The total moves where a group in it does.
moving_groups as (
    select
        score_groups.score_group,
        max(case when parts.half_life_days is not null then 1 else 0 end) = 1 as has_half_life,
        max(case when parts.is_reset_on_stage_change then 1 else 0 end) = 1 as is_reset_on_stage_change
    from score_groups
    inner join score_groups as parts
        on
            score_groups.score_group = parts.score_group
            or (score_groups.is_total and parts.is_in_total)
    group by score_groups.score_group
),

ranked_rows as (
    select
        contact_id,
        score_group,
        day,
        points,
        max(abs(points)) over (partition by contact_id, score_group) as highest,
        row_number() over (partition by contact_id, score_group order by day desc) as recency
    from {{ ref('score_history') }}
),

latest_rows as (
    select
        contact_id,
        score_group,
        day,
        points,
        highest
    from ranked_rows
    where recency = 1
),

points_now as (select contact_id, score_group, points, as_of from {{ ref('int_all_scores') }}),

stage_changes as (
    select
        contact_id,
        entered_at as changed_at
    from {{ ref('stage_scores') }}
    where
        is_current
        and stage_visit > 1
),

mistakes as (
    select
        'score_history: the last row of contact ' || latest_rows.contact_id || ' in group ' || latest_rows.score_group
        || ', of ' || cast(latest_rows.day as varchar) || ', has '
        || cast(latest_rows.points as varchar) || ' points, but the contact has '
        || coalesce(cast(points_now.points as varchar), 'none')
        || ' now: look for lines that models/scores/score_history.sql or what it reads leaves out' as mistake
    from latest_rows
    inner join moving_groups on latest_rows.score_group = moving_groups.score_group
    left join points_now
        on
            latest_rows.contact_id = points_now.contact_id
            and latest_rows.score_group = points_now.score_group
    left join stage_changes on latest_rows.contact_id = stage_changes.contact_id
    where
        points_now.points is null
        or latest_rows.day > cast(points_now.as_of as date)
        or (
            abs(latest_rows.points - points_now.points) > 0.00001 + latest_rows.highest * 1e-12
            and (
                latest_rows.day = cast(points_now.as_of as date)
                or not (
                    moving_groups.has_half_life
                    or (
                        moving_groups.is_reset_on_stage_change
                        and stage_changes.changed_at is not null
                        and stage_changes.changed_at > {{ add_days('cast(latest_rows.day as timestamp)', 1) }}
                    )
                )
            )
        )
)

select mistake from mistakes
order by mistake
limit 10
