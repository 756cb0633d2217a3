{{ config(schema=target.schema) }}

with

contacts as (
    select
        nps_category,
        engagement_band
    from {{ ref('contact_scores') }}
    where nps_category is not null
),

engagement_group as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where category = 'engagement'
),

-- A band may begin at several scores.
bands as (
    select
        score_bands.band as engagement_band,
        max(case when score_bands.next_min_score is null then 1 else 0 end) = 1 as is_highest,
        min(score_bands.min_score) as min_score
    from {{ ref('stg_score_bands') }} as score_bands
    inner join engagement_group on score_bands.score_group = engagement_group.score_group
    group by score_bands.band
),

lowest as (select min(min_score) as min_score from bands),

counted as (
    select
        nps_category,
        engagement_band,
        count(*) as contacts
    from contacts
    group by nps_category, engagement_band
),

placed as (
    select
        counted.nps_category,
        coalesce(counted.engagement_band, 'no band') as engagement_band,
        counted.contacts,
        coalesce(bands.is_highest, false) as is_highest,
        coalesce(bands.min_score = lowest.min_score, true) as is_lowest
    from counted
    cross join lowest
    left join bands on counted.engagement_band = bands.engagement_band
),

advised as (
    select
        nps_category,
        engagement_band,
        contacts,
        {{ round_half_up('(1e0 * contacts / sum(contacts) over ())', 6) }} as share,
        case
            when nps_category = 'promoter' and is_highest then 'ask for a reference'
            when nps_category = 'promoter' and is_lowest then 'win back'
            when nps_category = 'promoter' then 'engage more'
            when nps_category = 'passive' then 'find out what is missing'
            when is_lowest and not is_highest then 'find out why'
            else 'save'
        end as advice
    from placed
)

select * from advised
