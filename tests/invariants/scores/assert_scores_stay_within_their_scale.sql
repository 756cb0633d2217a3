with

score_groups as (
    select
        score_group,
        is_total,
        min_points,
        max_points,
        {{ round_half_up('scale_min', 2) }} as lowest_score,
        {{ round_half_up('scale_max', 2) }} as highest_score
    from {{ ref('stg_score_groups') }}
),

-- The points of an account are not limited again, except its total.
scores as (
    select
        'contact' as owner,
        contact_id as owner_id,
        score_group,
        points,
        score,
        percentile,
        true as is_limited
    from {{ ref('int_all_scores') }}
    union all
    select
        'account' as owner,
        account_scores.account_id as owner_id,
        account_scores.score_group,
        account_scores.points,
        account_scores.score,
        cast(null as double) as percentile,
        score_groups.is_total as is_limited
    from {{ ref('account_scores') }} as account_scores
    inner join score_groups on account_scores.score_group = score_groups.score_group
),

mistakes as (
    select
        scores.owner || ' ' || scores.owner_id || ' has ' || coalesce(cast(scores.points as varchar), 'no')
        || ' points, the score ' || coalesce(cast(scores.score as varchar), 'null')
        || coalesce(' and the percentile ' || cast(scores.percentile as varchar), '')
        || ' in group ' || scores.score_group || ', whose scores go from '
        || cast(score_groups.lowest_score as varchar) || ' to '
        || cast(score_groups.highest_score as varchar)
        || ' and percentiles from 0 to 1: look for a limit that models/scores misses' as mistake
    from scores
    inner join score_groups on scores.score_group = score_groups.score_group
    where
        not coalesce(scores.score between score_groups.lowest_score and score_groups.highest_score, false)
        or (scores.owner = 'contact' and not coalesce(scores.percentile between 0 and 1, false))
        or scores.points is null
        or (scores.is_limited and scores.points < score_groups.min_points)
        or (scores.is_limited and scores.points > score_groups.max_points)
)

select mistake from mistakes
order by mistake
limit 10
