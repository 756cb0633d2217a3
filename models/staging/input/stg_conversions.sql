with

landed as (select contact_id, converted_at, fault, whole_row from {{ ref('landed_conversions') }}),

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

judged as (
    select
        coalesce(ids.contact_id, landed.contact_id) as contact_id,
        landed.converted_at,
        {{ verdict(fault='landed.fault', moment='landed.converted_at', is_known='ids.is_known') }} as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join ids on landed.contact_id = ids.id
)

select * from judged
