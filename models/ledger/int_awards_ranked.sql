-- Only rules with a cap or a minimal count need their events in order: all other matches earn as they are.
with

matches as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        rule_id,
        score_group,
        points
    from {{ ref('int_event_matches') }}
    where exclusion_reason is null
),

rules as (
    select
        rule_id,
        max_awards,
        cap_period,
        is_per_asset,
        coalesce(min_count, 1) as min_count,
        count_days
    from {{ ref('stg_event_weights') }}
    where
        idle_days is null
        and (max_awards is not null or min_count > 1)
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

numbered as (
    select
        matches.*,
        rules.max_awards,
        rules.cap_period,
        rules.is_per_asset,
        rules.min_count,
        rules.count_days,
        row_number() over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at, matches.event_id
        ) as match_number,
        -- Others of the same moment are counted with it.
        count(*) over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at
        ) as matches_so_far
    from matches
    inner join rules on matches.rule_id = rules.rule_id
),

-- The match that completes the count, looking back, must lie within count_days.
frequent as (
    select numbered.*
    from numbered
    inner join numbered as earliest_needed
        on
            numbered.contact_id = earliest_needed.contact_id
            and numbered.rule_id = earliest_needed.rule_id
            and numbered.matches_so_far - numbered.min_count + 1 = earliest_needed.match_number
    where
        numbered.count_days is null
        or {{ add_days('earliest_needed.occurred_at', 'numbered.count_days') }} >= numbered.occurred_at
),

in_period as (
    select
        frequent.*,
        case frequent.cap_period
            when 'day' then date_trunc('day', frequent.occurred_at)
            when 'week' then date_trunc('week', frequent.occurred_at)
            when 'month' then date_trunc('month', frequent.occurred_at)
            when 'stage' then stage_visits.counts_from
        end as period_start,
        case when frequent.is_per_asset then coalesce(lower(frequent.asset), '') end as capped_asset
    from frequent
    left join stage_visits
        on
            frequent.cap_period = 'stage'
            and frequent.contact_id = stage_visits.contact_id
            and frequent.occurred_at >= stage_visits.counts_from
            and frequent.occurred_at < stage_visits.counts_until
),

ranked as (
    select
        event_id,
        contact_id,
        asset,
        occurred_at,
        rule_id,
        score_group,
        points,
        row_number() over (
            partition by contact_id, rule_id, period_start, capped_asset order by occurred_at, event_id
        ) > coalesce(max_awards, 9223372036854775807) as is_over_cap
    from in_period
)

select * from ranked
