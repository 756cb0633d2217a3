-- Lines find their visit by an inner join: a gap between visits would lose points without a word.
{{ config(tags=['heavy']) }}

with

lines as (select contact_id, line_kind, rule_id, origin_at, stage_visit from {{ ref('points_ledger') }}),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

compared_with_visit_before as (
    select
        contact_id,
        counts_from,
        lag(counts_until) over (partition by contact_id order by stage_visit) as visit_before_until,
        stage_visit,
        row_number() over (partition by contact_id order by counts_from, stage_visit) as expected_visit
    from visits
),

contacts_with_gaps as (
    select distinct contact_id
    from compared_with_visit_before
    where
        stage_visit != expected_visit
        or counts_from != coalesce(visit_before_until, counts_from)
    union
    select contacts.contact_id
    from contacts
    left join visits on contacts.contact_id = visits.contact_id
    where visits.contact_id is null
),

lines_elsewhere as (
    select
        lines.contact_id,
        lines.line_kind,
        lines.rule_id,
        lines.origin_at
    from lines
    left join visits
        on
            lines.contact_id = visits.contact_id
            and lines.stage_visit = visits.stage_visit
            and lines.origin_at >= visits.counts_from
            and lines.origin_at < visits.counts_until
    where visits.contact_id is null
),

mistakes as (
    select
        'int_stage_visits_numbered: the visits of contact ' || contact_id
        || ' do not follow each other without gap from 1: look at how stage changes become visits' as mistake
    from contacts_with_gaps
    union all
    select
        'points_ledger: the ' || line_kind || ' line of rule ' || rule_id || ' for contact ' || contact_id
        || ' does not belong to the stage visit in which its origin falls, '
        || cast(origin_at as varchar) || ': look at int_' || line_kind || '_lines' as mistake
    from lines_elsewhere
)

select mistake from mistakes
order by mistake
limit 10
