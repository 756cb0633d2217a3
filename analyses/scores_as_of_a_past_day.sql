-- Anybody asks: what were the scores at the end of a day in the past, and what are the points now?
-- Change the day in `asked`, for example to: select cast('2026-03-01' as date) as day. As it stands: 30 days ago.
-- The points are those of the last row until then, which may be of an earlier day: what a half-life or a reset took in
-- between is not seen. For the exact scores of a moment, build another database with --as-of.
with

asked as (
    select cast({{ add_days('max(as_of)', -30) }} as date) as day
    from {{ ref('contact_scores') }}
),

rows_until_then as (
    select
        history.contact_id,
        history.score_group,
        history.day as last_row_day,
        history.points,
        row_number() over (partition by history.contact_id, history.score_group order by history.day desc) as recency
    from {{ ref('score_history') }} as history
    inner join asked on history.day <= asked.day
),

points_now as (select contact_id, score_group, points from {{ ref('int_all_scores') }}),

scored as (
    select
        rows_until_then.contact_id,
        rows_until_then.score_group,
        rows_until_then.last_row_day,
        rows_until_then.points,
        {{ scale_score('rows_until_then', 'groups') }} as score,
        points_now.points as points_now
    from rows_until_then
    inner join {{ ref('stg_score_groups') }} as groups on rows_until_then.score_group = groups.score_group
    inner join points_now
        on
            rows_until_then.contact_id = points_now.contact_id
            and rows_until_then.score_group = points_now.score_group
    where rows_until_then.recency = 1
)

select * from scored
order by score_group asc, score desc, contact_id asc
