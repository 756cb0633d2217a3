-- Needs no join over the large tables, so that every build can afford it.
with

lines as (
    select
        line_kind,
        contact_id,
        rule_id,
        effective_at,
        origin_at,
        points,
        withheld_points,
        withheld_reason,
        is_excluded
    from {{ ref('points_ledger') }}
),

attribute_lines as (select contact_id, rule_id, effective_at from {{ ref('int_attribute_lines') }}),

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

judged as (
    select
        line_kind,
        contact_id,
        rule_id,
        effective_at,
        case
            when effective_at is null or origin_at is null or points is null or withheld_points is null
                then 'lacks a moment or points'
            when effective_at > {{ as_of() }} then 'counts only after as_of'
            when line_kind in ('event', 'attribute', 'manual') and effective_at != origin_at
                then 'does not count at its origin'
            when line_kind in ('idle', 'decay') and effective_at <= origin_at then 'does not count after its origin'
            when line_kind = 'expiry' and effective_at < origin_at then 'counts before its origin'
            when withheld_reason is not null and line_kind != 'event' then 'is withheld, as only event lines can be'
            when withheld_reason is not null and points != 0 then 'has points although they were withheld'
            when is_excluded and withheld_reason is null then 'is excluded without a reason'
            when withheld_reason is null and withheld_points != 0 then 'withholds points without a reason'
        end as complaint
    from lines
),

too_early as (
    select
        'attribute' as line_kind,
        attribute_lines.contact_id,
        attribute_lines.rule_id,
        attribute_lines.effective_at,
        'counts before the contact was created' as complaint
    from attribute_lines
    left join contacts on attribute_lines.contact_id = contacts.contact_id
    where
        contacts.contact_id is null
        or attribute_lines.effective_at < contacts.created_at
),

complaints as (
    select * from judged
    where complaint is not null
    union all
    select * from too_early
),

mistakes as (
    select
        'points_ledger: the ' || line_kind || ' line of rule ' || rule_id || ' for contact ' || contact_id || ' at '
        || coalesce(cast(effective_at as varchar), 'no time') || ' ' || complaint
        || ': look at int_' || line_kind || '_lines' as mistake
    from complaints
)

select mistake from mistakes
order by mistake
limit 10
