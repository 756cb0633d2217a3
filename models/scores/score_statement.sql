{{ config(schema=target.schema) }}

with

statement_lines as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        points,
        awards
    from {{ ref('int_statement_lines') }}
),

rule_labels as (select rule_id, label from {{ ref('int_rule_labels') }}),

score_groups as (select score_group, label from {{ ref('stg_score_groups') }}),

labelled as (
    select
        statement_lines.contact_id,
        statement_lines.score_group,
        statement_lines.line,
        statement_lines.rule_id,
        case statement_lines.line
            when 'awarded' then rule_labels.label
            when 'group' then score_groups.label
            when 'expiry' then 'Awards that expired'
            when 'decay' then 'Awards that decayed'
            when 'half_life' then 'Lost with age'
            when 'reset' then 'Earned in earlier stages'
            when 'limit' then 'Cut or raised to the limit'
        end as label,
        statement_lines.points,
        statement_lines.awards
    from statement_lines
    left join rule_labels
        on
            statement_lines.line = 'awarded'
            and statement_lines.rule_id = rule_labels.rule_id
    left join score_groups
        on
            statement_lines.line = 'group'
            and statement_lines.rule_id = score_groups.score_group
)

select * from labelled
