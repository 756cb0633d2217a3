with

landed as (select contact_id, converted_at, fault, whole_row from {{ ref('landed_conversions') }}),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        coalesce(aliases.contact_id, landed.contact_id) as contact_id,
        landed.converted_at,
        case
            when landed.fault is not null then landed.fault
            when landed.converted_at > {{ add_days(as_of(), 1) }} then 'future'
            when landed.converted_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join aliases on landed.contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, landed.contact_id) = contacts.contact_id
)

select * from judged
