with

nps_scores as (
    select
        coalesce(survey, 'without a name') as survey,
        coalesce(cast(month as varchar), 'all time') as period,
        responses,
        promoters,
        passives,
        detractors,
        nps,
        nps_low,
        nps_high,
        count(*) over (partition by survey, month) as repeats
    from {{ ref('nps_scores') }}
),

mistakes as (
    select
        'nps_scores: the survey ' || survey || ' of ' || period || ' has ' || cast(repeats as varchar)
        || ' row(s), ' || cast(responses as varchar) || ' responses of '
        || cast(promoters as varchar) || ' promoters, ' || cast(passives as varchar)
        || ' passives and ' || cast(detractors as varchar) || ' detractors, and an nps of '
        || cast(nps as varchar) || ' between ' || cast(nps_low as varchar) || ' and '
        || cast(nps_high as varchar)
        || ', which cannot all be true: look for what models/scores/nps_scores.sql counts twice or not' as mistake
    from nps_scores
    where
        repeats > 1
        or responses != promoters + passives + detractors
        or responses < 1
        or nps not between nps_low and nps_high
        or nps_low < -100
        or nps_high > 100
)

select mistake from mistakes
order by mistake
limit 10
