with

contacts as (select cutoff_at, contact_id, stage_visit from {{ ref('int_contacts_cut') }}),

score_groups as (select score_group, half_life_days, is_reset_on_stage_change from {{ ref('stg_score_groups') }}),

lines as (
    select
        contact_id,
        score_group,
        line_kind,
        rule_id,
        effective_at,
        stage_visit,
        points,
        line_kind in ('event', 'idle') and not is_excluded as is_use
    from {{ ref('points_ledger') }}
),

valued as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        lines.score_group,
        lines.rule_id,
        lines.line_kind,
        lines.is_use,
        lines.effective_at,
        lines.points,
        {{ days_between('lines.effective_at', 'contacts.cutoff_at') }} as age_days,
        score_groups.half_life_days,
        not score_groups.is_reset_on_stage_change or lines.stage_visit = contacts.stage_visit as is_counted
    from lines
    inner join contacts
        on
            lines.contact_id = contacts.contact_id
            and lines.effective_at <= contacts.cutoff_at
    inner join score_groups on lines.score_group = score_groups.score_group
),

summed as (
    select
        cutoff_at,
        contact_id,
        score_group,
        rule_id,
        sum(
            case
                when is_counted then {{ line_value('points', 'effective_at', 'cutoff_at', 'half_life_days') }} else 0
            end
        ) as points,
        sum(case when is_use then 1 else 0 end) as uses,
        {{ round_half_up('sum(case when is_use then points else 0 end)', 10) }} as awarded_points,
        {{ round_half_up('sum(case when is_use then power(2e0, -age_days / 7) else 0 end)', 6) }} as recent_uses,
        max(case when is_use and line_kind = 'event' then effective_at end) as last_used_at
    from valued
    group by cutoff_at, contact_id, score_group, rule_id
)

select * from summed
