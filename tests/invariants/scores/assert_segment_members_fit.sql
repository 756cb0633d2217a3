with

segments as (
    select
        segment,
        score_group,
        min_score,
        max_score
    from {{ ref('stg_segments') }}
),

scores as (select contact_id, score_group, score from {{ ref('int_all_scores') }}),

mistakes as (
    select
        'segment_members: contact ' || members.contact_id || ' is in segment ' || members.segment || ' with the score '
        || coalesce(cast(scores.score as varchar), 'null') || ' in group ' || segments.score_group
        || ', where it goes from ' || coalesce(cast(segments.min_score as varchar), 'any score')
        || ' to ' || coalesce(cast(segments.max_score as varchar), 'any score')
        || ': look for a condition that models/scores/segment_members.sql misses' as mistake
    from {{ ref('segment_members') }} as members
    inner join segments on members.segment = segments.segment
    left join scores
        on
            members.contact_id = scores.contact_id
            and segments.score_group = scores.score_group
    where
        scores.score is null
        or scores.score < segments.min_score
        or scores.score > segments.max_score
)

select mistake from mistakes
order by mistake
limit 10
