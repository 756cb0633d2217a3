with

rules as (
    select distinct
        entity,
        attribute
    from {{ ref('stg_attribute_weights') }}
),

contacts as (select contact_id, attributes from {{ ref('int_contacts_known') }}),

accounts as (
    select
        account_id,
        raw as attributes
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

entities as (
    select 'contact' as entity, contact_id as entity_id, attributes from contacts
    union all
    select 'account' as entity, account_id as entity_id, attributes from accounts
),

-- Also changes that lie ahead of as_of: what will have a history never shows its present value in the past.
attributes_with_history as (
    select distinct
        entity,
        entity_id,
        attribute
    from {{ ref('stg_attribute_changes') }}
    where verdict in ('used', 'waiting', 'future')
),

changes as (
    select
        entity,
        entity_id,
        attribute,
        changed_at,
        nullif(max(coalesce(value, '')), '') as value
    from {{ ref('stg_attribute_changes') }}
    where verdict = 'used'
    group by entity, entity_id, attribute, changed_at
),

first_values as (
    select
        entities.entity,
        entities.entity_id,
        rules.attribute,
        cast('0001-01-01' as timestamp) as holds_from,
        case
            when attributes_with_history.attribute is null
                then {{ json_text('entities.attributes', 'rules.attribute') }}
        end as value
    from entities
    inner join rules on entities.entity = rules.entity
    left join attributes_with_history
        on
            entities.entity = attributes_with_history.entity
            and entities.entity_id = attributes_with_history.entity_id
            and rules.attribute = attributes_with_history.attribute
),

later_values as (
    select
        changes.entity,
        changes.entity_id,
        changes.attribute,
        changes.changed_at as holds_from,
        changes.value
    from changes
    inner join rules
        on
            changes.entity = rules.entity
            and changes.attribute = rules.attribute
),

all_values as (
    select * from first_values
    union all
    select * from later_values
)

select * from all_values
