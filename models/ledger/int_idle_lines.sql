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

idle_rules as (
    select
        rule_id,
        idle_days
    from {{ ref('stg_event_weights') }}
    where idle_days is not null
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

-- Of several matches at one moment the last by event_id is followed by none of them.
followed as (
    select
        matches.*,
        {{ add_days('matches.occurred_at', 'idle_rules.idle_days') }} as idle_at,
        lead(matches.occurred_at) over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at, matches.event_id
        ) as next_match_at
    from matches
    inner join idle_rules on matches.rule_id = idle_rules.rule_id
),

lines as (
    select
        followed.contact_id,
        followed.score_group,
        followed.rule_id,
        followed.event_id,
        followed.asset,
        followed.idle_at as effective_at,
        followed.occurred_at as origin_at,
        stage_visits.stage_visit,
        followed.points
    from followed
    inner join stage_visits
        on
            followed.contact_id = stage_visits.contact_id
            and followed.occurred_at >= stage_visits.counts_from
            and followed.occurred_at < stage_visits.counts_until
    where
        followed.idle_at <= {{ as_of() }}
        and (followed.next_match_at is null or followed.next_match_at > followed.idle_at)
)

select * from lines
order by contact_id, effective_at
