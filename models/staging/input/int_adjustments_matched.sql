with

adjustments as (
    select
        adjustment_id,
        contact_id as landed_contact_id,
        score_group,
        points,
        adjusted_at,
        expires_at
    from {{ ref('stg_manual_adjustments') }}
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        adjustments.adjustment_id,
        coalesce(aliases.contact_id, adjustments.landed_contact_id) as contact_id,
        adjustments.score_group,
        adjustments.points,
        adjustments.adjusted_at,
        adjustments.expires_at,
        case
            when adjustments.adjusted_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict
    from adjustments
    left join aliases on adjustments.landed_contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, adjustments.landed_contact_id) = contacts.contact_id
)

select * from judged
