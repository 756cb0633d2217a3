-- Hashes every line of the ledger, which is too much for every build.
{{ config(tags=['heavy']) }}

with

lines as (select line_id, line_kind, rule_id, contact_id from {{ ref('points_ledger') }}),

repeated as (
    select
        line_id,
        count(*) as line_count,
        min(line_kind) as line_kind,
        min(rule_id) as rule_id,
        min(contact_id) as contact_id
    from lines
    group by line_id
    having count(*) > 1 or line_id is null
),

mistakes as (
    select
        'points_ledger has ' || cast(line_count as varchar) || ' lines with the line_id '
        || coalesce(line_id, 'null') || ', among them one of kind ' || line_kind || ', rule ' || rule_id
        || ' and contact ' || contact_id || ': look for a join in int_' || line_kind
        || '_lines that meets more than one row' as mistake
    from repeated
)

select mistake from mistakes
order by mistake
limit 10
