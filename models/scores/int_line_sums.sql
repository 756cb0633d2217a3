-- The one fold over the ledger for scores of the moment: they are summed from these rows, not from lines again.
with

lines as (
    select
        contact_id,
        score_group,
        line_kind,
        rule_id,
        effective_at,
        stage_visit,
        points,
        line_kind = 'event' and not is_excluded as is_engagement,
        withheld_reason is null as is_award
    from {{ ref('points_ledger') }}
),

-- A line was worth more when it was younger, by the same factor for all of them.
score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change,
        coalesce(power(2e0, 7 / half_life_days), 1) as growth_7d,
        coalesce(power(2e0, 30 / half_life_days), 1) as growth_30d
    from {{ ref('stg_score_groups') }}
),

visits as (select contact_id, visit_now, visit_7d_ago, visit_30d_ago from {{ ref('int_moment_visits') }}),

valued as (
    select
        lines.contact_id,
        lines.score_group,
        case when lines.line_kind in ('expiry', 'decay') then lines.line_kind else 'awarded' end as line,
        case when lines.line_kind not in ('expiry', 'decay') then lines.rule_id end as rule_id,
        lines.effective_at,
        lines.points,
        lines.is_award,
        case when lines.is_engagement then lines.effective_at end as engaged_at,
        {{ line_value('lines.points', 'lines.effective_at', as_of(), 'score_groups.half_life_days') }} as value_now,
        score_groups.growth_7d,
        score_groups.growth_30d,
        not score_groups.is_reset_on_stage_change or lines.stage_visit = visits.visit_now as counts_now,
        not score_groups.is_reset_on_stage_change or lines.stage_visit = visits.visit_7d_ago as counted_7d_ago,
        not score_groups.is_reset_on_stage_change or lines.stage_visit = visits.visit_30d_ago as counted_30d_ago
    from lines
    inner join score_groups on lines.score_group = score_groups.score_group
    inner join visits on lines.contact_id = visits.contact_id
),

summed as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        count(*) as ledger_lines,
        sum(case when is_award then 1 else 0 end) as awards,
        max(engaged_at) as last_engaged_at,
        sum(points) as face_points,
        sum(value_now) as value_now,
        sum(case when counts_now then value_now else 0 end) as points_now,
        sum(
            case
                when counted_7d_ago and effective_at <= {{ add_days(as_of(), -7) }} then value_now * growth_7d
                else 0
            end
        ) as points_7d_ago,
        sum(
            case
                when counted_30d_ago and effective_at <= {{ add_days(as_of(), -30) }} then value_now * growth_30d
                else 0
            end
        ) as points_30d_ago
    from valued
    group by contact_id, score_group, line, rule_id
)

select * from summed
