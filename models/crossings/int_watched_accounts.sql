-- Accounts whose contacts together can reach a level, each from the first midnight after a line of a contact that it
-- had by then.
with

watched_scores as (
    select
        watched_score,
        score_group,
        account_rollup,
        points_without_lines
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

lowest_levels as (
    select
        watched_score,
        min(level) as level
    from {{ ref('int_watched_levels') }}
    group by watched_score
),

members as (
    select
        contact_id,
        known_account_id as account_id,
        created_at
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

groups_of_members as (
    select
        contact_id,
        score_group,
        min(begun_on) as begun_on,
        max(greatest(highest_in_gap, highest_in_day)) as highest
    from {{ ref('int_watched_spans') }}
    group by contact_id, score_group
),

first_midnights as (
    select
        watched_scores.watched_score,
        members.account_id,
        min(greatest(
            {{ add_days('cast(groups_of_members.begun_on as timestamp)', 1) }},
            {{ midnight_from('members.created_at') }}
        )) as first_midnight
    from groups_of_members
    inner join watched_scores on groups_of_members.score_group = watched_scores.score_group
    inner join members on groups_of_members.contact_id = members.contact_id
    where groups_of_members.begun_on is not null
    group by watched_scores.watched_score, members.account_id
),

highest_of_groups as (
    select
        watched_scores.watched_score,
        members.account_id,
        case
            when watched_scores.account_rollup = 'sum'
                then sum(
                    greatest(coalesce(groups_of_members.highest, watched_scores.points_without_lines), 0)
                )
            else max(greatest(coalesce(groups_of_members.highest, watched_scores.points_without_lines), 0))
        end as highest
    from members
    cross join watched_scores
    left join groups_of_members
        on
            members.contact_id = groups_of_members.contact_id
            and watched_scores.score_group = groups_of_members.score_group
    group by watched_scores.watched_score, members.account_id, watched_scores.score_group, watched_scores.account_rollup
),

highest_of_accounts as (
    select
        watched_score,
        account_id,
        sum(highest) as highest
    from highest_of_groups
    group by watched_score, account_id
),

within_reach as (
    select
        highest_of_accounts.watched_score,
        highest_of_accounts.account_id,
        first_midnights.first_midnight
    from highest_of_accounts
    inner join lowest_levels on highest_of_accounts.watched_score = lowest_levels.watched_score
    inner join first_midnights
        on
            highest_of_accounts.watched_score = first_midnights.watched_score
            and highest_of_accounts.account_id = first_midnights.account_id
    where
        highest_of_accounts.highest >= lowest_levels.level - {{ account_points_tolerance() }}
        and first_midnights.first_midnight <= {{ as_of() }}
)

select * from within_reach
