with

matches as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        rule_id,
        score_group,
        points,
        exclusion_reason
    from {{ ref('int_event_matches') }}
),

rules as (
    select
        rule_id,
        idle_days is not null as is_idle_rule,
        max_awards is not null or coalesce(min_count, 1) > 1 as is_ranked
    from {{ ref('stg_event_weights') }}
),

ranked_awards as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        rule_id,
        score_group,
        points,
        is_over_cap
    from {{ ref('int_awards_ranked') }}
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

awards as (
    select
        matches.event_id,
        matches.contact_id,
        matches.asset,
        matches.occurred_at,
        matches.rule_id,
        matches.score_group,
        matches.points,
        matches.exclusion_reason as withheld_reason
    from matches
    inner join rules on matches.rule_id = rules.rule_id
    where
        not rules.is_idle_rule
        and (not rules.is_ranked or matches.exclusion_reason is not null)
    union all
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        rule_id,
        score_group,
        points,
        case when is_over_cap then 'cap' end as withheld_reason
    from ranked_awards
),

lines as (
    select
        awards.contact_id,
        awards.score_group,
        awards.rule_id,
        awards.event_id,
        awards.asset,
        awards.occurred_at as effective_at,
        awards.occurred_at as origin_at,
        stage_visits.stage_visit,
        case when awards.withheld_reason is null then awards.points else 0 end as points,
        case when awards.withheld_reason is null then 0 else awards.points end as withheld_points,
        awards.withheld_reason
    from awards
    inner join stage_visits
        on
            awards.contact_id = stage_visits.contact_id
            and awards.occurred_at >= stage_visits.counts_from
            and awards.occurred_at < stage_visits.counts_until
)

select * from lines
order by contact_id, effective_at
