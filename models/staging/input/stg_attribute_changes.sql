with

landed as (
    select
        {{ plain_text('entity') }} as entity,
        entity_id,
        attribute,
        value,
        changed_at,
        fault,
        whole_row
    from {{ ref('landed_attribute_changes') }}
),

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

accounts as (
    select account_id
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

judged as (
    select
        landed.entity,
        landed.entity_id,
        landed.attribute,
        landed.value,
        landed.changed_at,
        case when landed.entity = 'contact' then coalesce(ids.contact_id, landed.entity_id) end as contact_id,
        {{ verdict(
            fault='landed.fault',
            moment='landed.changed_at',
            is_known="case landed.entity when 'contact' then ids.is_known else accounts.account_id is not null end"
        ) }} as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join ids on landed.entity_id = ids.id
    left join accounts on landed.entity_id = accounts.account_id
)

select * from judged
