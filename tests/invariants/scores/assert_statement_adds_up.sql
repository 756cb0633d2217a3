-- Doubles carry about 15 digits: where lines are huge, the last of the 6 decimals are not to be had.
with

points as (select contact_id, score_group, points from {{ ref('int_all_scores') }}),

statement_lines as (
    select
        contact_id,
        score_group,
        count(*) as repeats,
        sum(points) as points,
        sum(abs(points)) as volume
    from {{ ref('score_statement') }}
    group by contact_id, score_group, line, rule_id
),

added_up as (
    select
        contact_id,
        score_group,
        max(repeats) as repeats,
        sum(points) as points,
        sum(volume) as volume
    from statement_lines
    group by contact_id, score_group
),

mistakes as (
    select
        'score_statement: the lines of contact ' || coalesce(points.contact_id, added_up.contact_id) || ' in group '
        || coalesce(points.score_group, added_up.score_group)
        || case
            when points.contact_id is null then ' belong to nobody who has points there'
            when added_up.repeats > 1 then ' name the same line and rule twice'
            else
                ' add up to ' || cast({{ round_half_up('coalesce(added_up.points, 0)', 6) }} as varchar)
                || ', but the points are ' || cast(points.points as varchar)
        end
        || ': look for lines that models/scores/int_statement_lines.sql leaves out or repeats' as mistake
    from points
    full outer join added_up
        on
            points.contact_id = added_up.contact_id
            and points.score_group = added_up.score_group
    where
        points.contact_id is null
        or added_up.repeats > 1
        or abs(coalesce(added_up.points, 0) - points.points) > 0.0000009 + coalesce(added_up.volume, 0) * 1e-12
)

select mistake from mistakes
order by mistake
limit 10
