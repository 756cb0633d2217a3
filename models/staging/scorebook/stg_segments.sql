with

segments as (select * from {{ ref('segments') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        -- Rows of one segment may differ in case; it is shown in the spelling that sorts first.
        min({{ given_text('segments.segment') }}) over (partition by {{ plain_text('segments.segment') }}) as segment,
        min({{ given_text('segments.label') }}) over (partition by {{ plain_text('segments.segment') }}) as label,
        score_groups.score_group,
        {{ parse_number('segments.min_score') }} as min_score,
        {{ parse_number('segments.max_score') }} as max_score
    from segments
    left join score_groups on {{ plain_text('segments.score_group') }} = score_groups.score_group_key
),

labelled as (
    select
        segment,
        coalesce(label, segment) as label,
        score_group,
        min_score,
        max_score
    from cast_cells
)

select * from labelled
