with

score_bands as (select * from {{ ref('score_bands') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        score_groups.score_group,
        {{ parse_number('score_bands.min_score') }} as min_score,
        -- Rows of one band may differ in case; it is shown in the spelling that sorts first.
        min({{ given_text('score_bands.band') }}) over (
            partition by score_groups.score_group, {{ plain_text('score_bands.band') }}
        ) as band,
        {{ given_text('score_bands.label') }} as label,
        {{ given_text('score_bands.color') }} as color
    from score_bands
    left join score_groups on {{ plain_text('score_bands.score_group') }} = score_groups.score_group_key
),

found_next as (
    select
        score_group,
        min_score,
        lead(min_score) over (partition by score_group order by min_score) as next_min_score,
        band,
        coalesce(label, band) as label,
        color
    from cast_cells
)

select * from found_next
