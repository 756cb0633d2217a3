{{ config(database='scratch') }}

with

matches as (
    select
        event_id,
        contact_id,
        occurred_at,
        rule_id
    from {{ ref('int_event_matches') }}
    where exclusion_reason is null
),

rules as (
    select
        rule_id,
        min_count,
        count_days
    from {{ ref('stg_event_weights') }}
    where
        idle_days is null
        and min_count > 1
),

numbered as (
    select
        matches.event_id,
        matches.contact_id,
        matches.occurred_at,
        matches.rule_id,
        rules.min_count,
        rules.count_days,
        row_number() over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at, matches.event_id
        ) as match_number,
        -- Without rows between, the count takes in all matches of the same moment.
        count(*) over (
            partition by matches.contact_id, matches.rule_id order by matches.occurred_at
        ) as matches_so_far
    from matches
    inner join rules on matches.rule_id = rules.rule_id
),

frequent as (
    select
        numbered.event_id,
        numbered.rule_id
    from numbered
    inner join numbered as earliest_needed
        on
            numbered.contact_id = earliest_needed.contact_id
            and numbered.rule_id = earliest_needed.rule_id
            and numbered.matches_so_far - numbered.min_count + 1 = earliest_needed.match_number
    where
        numbered.count_days is null
        or {{ add_days('earliest_needed.occurred_at', 'numbered.count_days') }} >= numbered.occurred_at
)

select * from frequent
