-- Between two watched moments only time passes: each group moves one way, from what it is to what it will be just
-- before.
with

balances as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        points
    from {{ ref('int_running_balances') }}
    where fold != 'history'
),

score_groups as (
    select
        score_group,
        half_life_days,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
),

followed as (
    select
        balances.fold,
        balances.contact_id,
        balances.score_group,
        balances.moment,
        lead(balances.moment, 1, {{ as_of() }}) over (
            partition by balances.fold, balances.contact_id, balances.score_group order by balances.moment
        ) as next_moment,
        lead(balances.moment) over (
            partition by balances.fold, balances.contact_id, balances.score_group order by balances.moment
        ) is null as is_last,
        balances.points as balance,
        score_groups.half_life_days,
        score_groups.min_points,
        score_groups.max_points
    from balances
    inner join score_groups on balances.score_group = score_groups.score_group
),

rounded as (
    select
        *,
        {{ round_half_up('balance', 6) }} as rounded_now,
        {{ round_half_up(line_value('balance', 'moment', 'next_moment', 'half_life_days'), 6) }} as rounded_then
    from followed
),

limited as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        next_moment,
        is_last,
        balance,
        half_life_days,
        min_points,
        max_points,
        {{ limit_points('rounded_now', 'min_points', 'max_points') }} as points,
        {{ limit_points('rounded_then', 'min_points', 'max_points') }} as points_then
    from rounded
)

select * from limited
