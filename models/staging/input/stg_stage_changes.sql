with

landed as (select contact_id, stage, changed_at, fault, whole_row from {{ ref('landed_stage_changes') }}),

stages as (select stage, stage_key, position from {{ ref('stg_stages') }}),

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

judged as (
    select
        coalesce(ids.contact_id, landed.contact_id) as contact_id,
        stages.stage,
        stages.position as stage_position,
        landed.changed_at,
        {{ verdict(
            fault='landed.fault',
            stage='stages.stage',
            moment='landed.changed_at',
            is_known='ids.is_known'
        ) }} as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join stages on {{ plain_text('landed.stage') }} = stages.stage_key
    left join ids on landed.contact_id = ids.id
)

select * from judged
