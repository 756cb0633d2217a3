with

landed as (
    select
        response_id,
        contact_id,
        rating,
        responded_at,
        survey,
        fault,
        whole_row
    from {{ ref('landed_survey_responses') }}
),

ranked_repeats as (
    select
        *,
        row_number() over (partition by response_id, fault order by whole_row) as repeat_number
    from landed
),

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

judged as (
    select
        ranked_repeats.response_id,
        coalesce(ids.contact_id, ranked_repeats.contact_id) as contact_id,
        ranked_repeats.rating,
        ranked_repeats.responded_at,
        {{ given_text('ranked_repeats.survey') }} as survey,
        {{ verdict(
            fault='ranked_repeats.fault',
            repeat_number='ranked_repeats.repeat_number',
            moment='ranked_repeats.responded_at',
            is_known='ids.is_known'
        ) }} as verdict,
        {{ row_as_json('ranked_repeats.whole_row') }} as raw
    from ranked_repeats
    left join ids on ranked_repeats.contact_id = ids.id
)

select * from judged
