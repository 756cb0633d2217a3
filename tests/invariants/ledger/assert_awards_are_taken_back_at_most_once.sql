-- Decay and expiry together take between nothing and the whole of an award, and nothing from anything else.
{{ config(tags=['heavy']) }}

with

lines as (
    select
        line_kind,
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        origin_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
),

awards as (
    select * from lines
    where
        line_kind in ('event', 'idle', 'manual')
        and points != 0
),

taken_back as (
    select
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        origin_at,
        stage_visit,
        sum(points) as points
    from lines
    where line_kind in ('decay', 'expiry')
    group by contact_id, score_group, rule_id, event_id, asset, origin_at, stage_visit
),

compared as (
    select
        taken_back.contact_id,
        taken_back.rule_id,
        taken_back.event_id,
        taken_back.points as taken,
        awards.points as awarded
    from taken_back
    left join awards
        on
            taken_back.contact_id = awards.contact_id
            and taken_back.score_group = awards.score_group
            and taken_back.rule_id = awards.rule_id
            and taken_back.event_id is not distinct from awards.event_id
            and taken_back.asset is not distinct from awards.asset
            and taken_back.origin_at = awards.origin_at
            and taken_back.stage_visit = awards.stage_visit
),

mistakes as (
    select
        'points_ledger: decay and expiry add ' || {{ points_text('taken') }} || ' to the award of rule ' || rule_id
        || coalesce(' and event ' || event_id, '') || ' for contact ' || contact_id
        || coalesce(', which gave ' || {{ points_text('awarded') }}, ', which is not in the ledger as they name it')
        || ': look at int_decay_lines and int_expiry_lines' as mistake
    from compared
    where
        awarded is null
        or taken * awarded > 0
        -- A sum of doubles may be off by a tiny share of its size.
        or abs(taken) > abs(awarded) + 1e-6 * greatest(abs(awarded), 1)
)

select mistake from mistakes
order by mistake
limit 10
