{{ config(schema=target.schema) }}

with

accounts as (
    select
        account_id,
        name
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

account_points as (select account_id, score_group, points from {{ ref('int_account_points') }}),

score_groups as (
    select
        score_group,
        full_points,
        scale_min,
        scale_max,
        scale
    from {{ ref('stg_score_groups') }}
),

score_bands as (
    select
        score_group,
        min_score,
        next_min_score,
        band,
        label,
        color
    from {{ ref('stg_score_bands') }}
),

members as (
    select
        account_id,
        contact_id,
        score_group,
        is_engaged,
        row_number() over (partition by account_id, score_group order by points desc, contact_id asc) as points_rank
    from {{ ref('int_account_members') }}
),

teams as (select account_id, role_weighted_points, completeness from {{ ref('int_account_teams') }}),

counted_members as (
    select
        account_id,
        score_group,
        count(*) as contacts,
        cast(sum(case when is_engaged then 1 else 0 end) as bigint) as engaged_contacts,
        max(case when points_rank = 1 then contact_id end) as top_contact_id
    from members
    group by account_id, score_group
),

scored as (
    select
        account_points.account_id,
        account_points.score_group,
        account_points.points,
        {{ scale_score('account_points', 'score_groups') }} as score
    from account_points
    inner join score_groups on account_points.score_group = score_groups.score_group
),

described as (
    select
        scored.account_id,
        accounts.name as account_name,
        scored.score_group,
        scored.points,
        scored.score,
        score_bands.band,
        score_bands.label as band_label,
        score_bands.color as band_color,
        coalesce(counted_members.contacts, 0) as contacts,
        coalesce(counted_members.engaged_contacts, 0) as engaged_contacts,
        teams.role_weighted_points,
        teams.completeness,
        counted_members.top_contact_id,
        {{ as_of() }} as as_of
    from scored
    inner join accounts on scored.account_id = accounts.account_id
    left join score_bands on {{ is_in_band('scored', 'score_bands') }}
    left join counted_members
        on
            scored.account_id = counted_members.account_id
            and scored.score_group = counted_members.score_group
    left join teams on scored.account_id = teams.account_id
)

select * from described
