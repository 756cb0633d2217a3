-- Sales or support asks: why does this contact have this score?
-- Change the contact in `asked`, for example to: select 'c000120' as contact_id. As it stands: one with the best score.
-- First the statement, whose lines add up to the points of each group, then the ten latest lines of points.
with

asked as (
    select contact_id
    from {{ ref('contact_scores') }}
    order by score desc, contact_id asc
    limit 1
),

labels as (select rule_id, label from {{ ref('int_rule_labels') }}),

statement as (
    select
        'statement' as part,
        lines.score_group,
        lines.line,
        lines.label as reason,
        lines.points,
        lines.awards,
        cast(null as timestamp) as effective_at
    from {{ ref('score_statement') }} as lines
    inner join asked on lines.contact_id = asked.contact_id
    where lines.points != 0
),

latest_lines as (
    select
        'latest lines' as part,
        lines.score_group,
        lines.line_kind as line,
        coalesce(labels.label, lines.rule_id) as reason,
        lines.points,
        cast(null as bigint) as awards,
        lines.effective_at
    from {{ ref('points_ledger') }} as lines
    inner join asked on lines.contact_id = asked.contact_id
    left join labels on lines.rule_id = labels.rule_id
    where lines.points != 0
    order by lines.effective_at desc, lines.line_id asc
    limit 10
),

answer as (
    select * from statement
    union all
    select * from latest_lines
)

select * from answer
order by part desc, effective_at desc, score_group asc, points desc
