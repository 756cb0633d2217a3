-- Lines that time or attributes bring, and visits: they are made anew for everybody, and so compared with those before.
with

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

lines as (
    select
        contact_id,
        line_kind,
        score_group,
        rule_id,
        event_id,
        effective_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
    where line_kind != 'event'
),

facts as (
    select
        contact_id,
        cast('0001-01-01' as timestamp) as effective_at,
        {{ hash_of(["'visit'", 'stage_visit', 'counts_from', 'counts_until']) }} as fact
    from visits
    union all
    select
        contact_id,
        effective_at,
        {{ hash_of(['line_kind', 'score_group', 'rule_id', 'event_id', 'effective_at', 'stage_visit', 'points']) }}
            as fact
    from lines
),

states as (
    select
        contact_id,
        sum(fact) as state,
        sum(case when effective_at <= {{ as_of_before() }} then fact else 0 end) as state_then
    from facts
    group by contact_id
),

compared as (
    select
        coalesce(states.contact_id, before.contact_id) as contact_id,
        states.state,
        case
            when states.state = before.state then null
            when states.state_then = before.state then {{ as_of_before() }}
            else cast('0001-01-01' as timestamp)
        end as changed_from
    from states
    full outer join {{ states_before('states') }} as before on states.contact_id = before.contact_id
)

select * from compared
