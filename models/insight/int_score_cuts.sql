-- Ways to cut the contacts of a score: all of them, by decile, and at the thresholds that people use.
with

counts as (
    select
        cutoff_at,
        score_group,
        points,
        score,
        contacts,
        conversions,
        contacts_below,
        all_contacts
    from {{ ref('int_points_counted') }}
    where sample = 'all'
),

thresholds as (
    select
        'trigger' as part,
        trigger_id as threshold_id,
        score_group,
        direction,
        threshold
    from {{ ref('stg_triggers') }}
    where scope = 'contact'
    union all
    -- A band may begin at several scores; who has the greater one has the smaller one too, and counts once.
    select
        'band' as part,
        band as threshold_id,
        score_group,
        'up' as direction,
        min(min_score) as threshold
    from {{ ref('stg_score_bands') }}
    group by score_group, band
),

marked as (
    select
        counts.*,
        thresholds.part,
        thresholds.threshold_id,
        thresholds.threshold,
        case
            when thresholds.part = 'band' then counts.score >= thresholds.threshold
            when thresholds.direction = 'down' then counts.points < thresholds.threshold
            else counts.points >= thresholds.threshold
        end as is_marked
    from counts
    inner join thresholds on counts.score_group = thresholds.score_group
),

-- Contacts with the same points share a decile, so that some deciles may be empty.
parted as (
    select
        cutoff_at,
        score_group,
        'overall' as part,
        cast(null as bigint) as decile,
        cast(null as varchar) as threshold_id,
        cast(null as double) as threshold,
        contacts,
        conversions
    from counts
    union all
    select
        cutoff_at,
        score_group,
        'decile' as part,
        1 + cast(floor(10e0 * contacts_below / all_contacts) as bigint) as decile,
        cast(null as varchar) as threshold_id,
        points as threshold,
        contacts,
        conversions
    from counts
    union all
    select
        cutoff_at,
        score_group,
        part,
        cast(null as bigint) as decile,
        threshold_id,
        threshold,
        case when is_marked then contacts else 0 end as contacts,
        case when is_marked then conversions else 0 end as conversions
    from marked
),

summed as (
    select
        cutoff_at,
        score_group,
        part,
        decile,
        threshold_id,
        min(threshold) as threshold,
        sum(contacts) as contacts,
        sum(conversions) as conversions
    from parted
    group by cutoff_at, score_group, part, decile, threshold_id
)

select * from summed
