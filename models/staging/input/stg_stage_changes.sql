with

landed as (select contact_id, stage, changed_at, fault, whole_row from {{ ref('landed_stage_changes') }}),

stages as (select stage, stage_key, position from {{ ref('stg_stages') }}),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        coalesce(aliases.contact_id, landed.contact_id) as contact_id,
        stages.stage,
        stages.position as stage_position,
        landed.changed_at,
        case
            when landed.fault is not null then landed.fault
            when stages.stage is null then 'unknown_stage'
            when landed.changed_at > {{ add_days(as_of(), 1) }} then 'future'
            when landed.changed_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join stages on {{ plain_text('landed.stage') }} = stages.stage_key
    left join aliases on landed.contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, landed.contact_id) = contacts.contact_id
)

select * from judged
