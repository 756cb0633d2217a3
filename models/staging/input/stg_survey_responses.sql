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

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

judged as (
    select
        ranked_repeats.response_id,
        coalesce(aliases.contact_id, ranked_repeats.contact_id) as contact_id,
        ranked_repeats.rating,
        ranked_repeats.responded_at,
        {{ given_text('ranked_repeats.survey') }} as survey,
        case
            when ranked_repeats.fault is not null then ranked_repeats.fault
            when ranked_repeats.repeat_number > 1 then 'duplicate'
            when ranked_repeats.responded_at > {{ add_days(as_of(), 1) }} then 'future'
            when ranked_repeats.responded_at > {{ as_of() }} then 'waiting'
            when contacts.contact_id is null then 'unmatched'
            else 'used'
        end as verdict,
        {{ row_as_json('ranked_repeats.whole_row') }} as raw
    from ranked_repeats
    left join aliases on ranked_repeats.contact_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, ranked_repeats.contact_id) = contacts.contact_id
)

select * from judged
