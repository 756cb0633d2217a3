with

score_bands as (select * from {{ ref('score_bands') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        score_groups.score_group,
        {{ parse_number('score_bands.min_score') }} as min_score,
        {{ given_text('score_bands.band') }} as band,
        coalesce({{ given_text('score_bands.label') }}, {{ given_text('score_bands.band') }}) as label,
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
        label,
        color
    from cast_cells
)

select * from found_next
