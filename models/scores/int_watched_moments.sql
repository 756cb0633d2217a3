with

watched_contacts as (select fold, contact_id, account_id from {{ ref('int_watched_contacts') }}),

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

watched_scores as (select fold, score_group from {{ ref('int_watched_scores') }}),

lines as (
    select
        contact_id,
        score_group,
        effective_at
    from {{ ref('points_ledger') }}
    where points != 0
),

visits as (
    select
        contact_id,
        counts_from
    from {{ ref('int_stage_visits_numbered') }}
    where stage_visit > 1
),

watched_lines as (
    select
        watched_contacts.fold,
        watched_contacts.contact_id,
        watched_contacts.account_id,
        lines.effective_at
    from watched_contacts
    inner join watched_scores on watched_contacts.fold = watched_scores.fold
    inner join lines
        on
            watched_contacts.contact_id = lines.contact_id
            and watched_scores.score_group = lines.score_group
),

moments_of_contacts as (
    select
        fold,
        contact_id,
        effective_at as moment
    from watched_lines
    where account_id is null
    union
    select
        watched_contacts.fold,
        watched_contacts.contact_id,
        visits.counts_from as moment
    from watched_contacts
    inner join visits on watched_contacts.contact_id = visits.contact_id
    where watched_contacts.account_id is null
),

-- An account is watched at the midnights after the first line of any member that is created by then, and only then.
members_with_lines as (
    select
        fold,
        account_id,
        contact_id,
        {{ add_days("date_trunc('day', min(effective_at))", 1) }} as first_midnight
    from watched_lines
    where account_id is not null
    group by fold, account_id, contact_id
),

first_midnights as (
    select
        members_with_lines.fold,
        members_with_lines.account_id,
        min(greatest(members_with_lines.first_midnight, {{ midnight_from('contacts.created_at') }})) as first_midnight
    from members_with_lines
    inner join contacts on members_with_lines.contact_id = contacts.contact_id
    group by members_with_lines.fold, members_with_lines.account_id
),

days as ({{ integers_up_to(days_until_as_of('(select min(first_midnight) from first_midnights)') ~ ' + 1') }}),

midnights as (
    select
        first_midnights.fold,
        first_midnights.account_id,
        {{ add_days('first_midnights.first_midnight', '(days.step - 1)') }} as moment
    from first_midnights
    inner join days on {{ add_days('first_midnights.first_midnight', '(days.step - 1)') }} <= {{ as_of() }}
),

moments_of_members as (
    select
        midnights.fold,
        watched_contacts.contact_id,
        midnights.moment
    from midnights
    inner join watched_contacts
        on
            midnights.fold = watched_contacts.fold
            and midnights.account_id = watched_contacts.account_id
),

all_moments as (
    select * from moments_of_contacts
    union all
    select * from moments_of_members
)

select * from all_moments
