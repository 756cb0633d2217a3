with

weights as (
    select
        event_type,
        score_group,
        cast(points as double) as points
    from read_csv('$scorebook/event_weights.csv', all_varchar = true)
),

score_groups as (
    select
        score_group,
        cast(half_life_days as double) as half_life_days
    from read_csv('$scorebook/score_groups.csv', all_varchar = true)
),

summed as (
    select
        events.contact_id,
        weights.score_group,
        sum(
            weights.points * power(
                2,
                -coalesce(
                    date_diff('microsecond', events.occurred_at, timestamp $as_of)
                    / 86400e6 / score_groups.half_life_days,
                    0
                )
            )
        ) as points
    from read_parquet('$events') as events
    inner join weights on events.event_type = weights.event_type
    inner join score_groups on weights.score_group = score_groups.score_group
    where events.occurred_at <= timestamp $as_of
    group by events.contact_id, weights.score_group
)

select * from summed
