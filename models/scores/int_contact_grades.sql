with

group_scores as (select contact_id, score_group, points, band from {{ ref('group_scores') }}),

score_groups as (
    select
        score_group,
        category,
        is_in_total
    from {{ ref('stg_score_groups') }}
),

ranked as (
    select
        group_scores.contact_id,
        group_scores.score_group,
        group_scores.band,
        score_groups.category,
        group_scores.points > 0 and score_groups.is_in_total as can_be_top,
        row_number() over (
            partition by group_scores.contact_id, score_groups.is_in_total
            order by group_scores.points desc, group_scores.score_group asc
        ) as points_rank
    from group_scores
    inner join score_groups on group_scores.score_group = score_groups.score_group
),

one_row_per_contact as (
    select
        contact_id,
        max(case when category = 'fit' then band end) as fit_band,
        max(case when category = 'engagement' then band end) as engagement_band,
        max(case when can_be_top and points_rank = 1 then score_group end) as top_group
    from ranked
    group by contact_id
),

graded as (
    select
        contact_id,
        fit_band,
        engagement_band,
        nullif(coalesce(fit_band, '') || coalesce(engagement_band, ''), '') as grade,
        top_group
    from one_row_per_contact
)

select * from graded
