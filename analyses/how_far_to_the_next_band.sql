-- Marketing asks: whom does a little more interest lift into the next band?
-- Change the score group in `asked`, for example to: select 'engagement' as score_group. As it stands: the total.
with

asked as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_total
),

scale as (
    select
        groups.score_group,
        groups.full_points,
        groups.scale_min,
        groups.scale_max,
        groups.scale
    from {{ ref('stg_score_groups') }} as groups
    inner join asked on groups.score_group = asked.score_group
),

contacts as (
    select
        contact_id,
        account_id
    from {{ ref('contact_scores') }}
    where
        not is_disqualified
        and not is_opted_out
),

scores as (select contact_id, score_group, points, score, band from {{ ref('int_all_scores') }}),

bands_ahead as (
    select
        scores.contact_id,
        scores.points,
        scores.score,
        scores.band,
        bands.band as next_band,
        (bands.min_score - scale.scale_min) / nullif(scale.scale_max - scale.scale_min, 0) as share_needed,
        scale.full_points,
        scale.scale,
        row_number() over (partition by scores.contact_id order by bands.min_score) as bands_away
    from scores
    inner join scale on scores.score_group = scale.score_group
    inner join {{ ref('stg_score_bands') }} as bands
        on
            scores.score_group = bands.score_group
            and scores.score < bands.min_score
),

-- The scale, read backwards: the points at which the next band begins.
missing as (
    select
        contacts.contact_id,
        contacts.account_id,
        bands_ahead.points,
        bands_ahead.score,
        bands_ahead.band,
        bands_ahead.next_band,
        {{ round_half_up(
            "bands_ahead.full_points * case when bands_ahead.scale = 'sqrt' "
            ~ "then bands_ahead.share_needed * bands_ahead.share_needed else bands_ahead.share_needed end "
            ~ "- bands_ahead.points",
            2
        ) }} as points_missing
    from bands_ahead
    inner join contacts on bands_ahead.contact_id = contacts.contact_id
    where bands_ahead.bands_away = 1
)

select * from missing
order by points_missing asc, contact_id asc
