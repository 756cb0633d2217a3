{{ config(schema=target.schema) }}

with

-- A rule that everybody or nobody met has no group to be compared with.
rules as (
    select
        *,
        score_group is not null and contacts_with > 0 and contacts_without > 0 as is_judged
    from {{ ref('int_rule_outcomes') }}
),

score_groups as (select score_group, is_in_total from {{ ref('stg_score_groups') }}),

-- Many rules are looked at, and some look good by chance: this much evidence chance has for any of them in at most
-- 5 of 100 builds.
bar as (
    select ln(greatest(count(*), 1) / 0.05e0) as least_evidence
    from rules
    where is_judged
),

judged as (
    select
        rules.*,
        1e0 * rules.conversions_with / nullif(rules.contacts_with, 0) as conversion_with,
        1e0 * rules.conversions_without / nullif(rules.contacts_without, 0) as conversion_without,
        rules.evidence > bar.least_evidence as has_evidence,
        -- Groups of the total are added up, so that they share one scale; any other group has its own.
        case when score_groups.is_in_total then 'total' else 'group ' || rules.score_group end as point_scale
    from rules
    cross join bar
    left join score_groups on rules.score_group = score_groups.score_group
),

-- Between them the rules give all contacts as much as they do now.
scales as (
    select
        point_scale,
        nullif(sum(abs(points * awards_per_contact * contacts_with)), 0)
        / nullif(sum(abs(shrunk_log_odds * contacts_with)), 0) as points_per_log_odds
    from judged
    where is_judged
    group by point_scale
),

compared as (
    select
        judged.*,
        judged.conversion_with / nullif(judged.conversion_without, 0) as lift,
        sqrt(
            1e0 / nullif(judged.conversions_with, 0) - 1e0 / nullif(judged.contacts_with, 0)
            + 1e0 / nullif(judged.conversions_without, 0) - 1e0 / nullif(judged.contacts_without, 0)
        ) as log_lift_error,
        case
            when judged.is_judged
                then
                    {{ round_half_up(
                        '(judged.shrunk_log_odds * scales.points_per_log_odds / judged.awards_per_contact)', 4
                    ) }}
        end as suggested_points
    from judged
    left join scales on judged.point_scale = scales.point_scale
),

described as (
    select
        rule_id,
        label,
        rule_kind,
        score_group,
        points,
        cutoff_at,
        cast(contacts_with as bigint) as contacts_with,
        cast(contacts_without as bigint) as contacts_without,
        cast(conversions_with as bigint) as conversions_with,
        cast(conversions_without as bigint) as conversions_without,
        {{ round_half_up('conversion_with', 6) }} as conversion_with,
        {{ round_half_up('conversion_without', 6) }} as conversion_without,
        {{ round_half_up('lift', 6) }} as lift,
        {{ round_half_up('(lift * exp(-' ~ normal_quantile() ~ ' * log_lift_error))', 6) }} as lift_low,
        {{ round_half_up('(lift * exp(' ~ normal_quantile() ~ ' * log_lift_error))', 6) }} as lift_high,
        suggested_points,
        case
            when contacts_with = 0 then 'no evidence: no contact has it'
            when contacts_without = 0 then 'no evidence: every contact has it'
            when score_group is null then 'gives no points: a gate'
            when not has_evidence then 'no evidence'
            when points * log_odds > 0 and suggested_points / points between 0.5 and 2 then 'earns its points'
            when coalesce(suggested_points, log_odds) > points then 'too few points'
            else 'too many points'
        end as verdict
    from compared
)

select * from described
