{% macro get_incremental_by_contact_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where
        {{ is_redone('contact_id', built_before(model.config.meta['redone'])) }}
        {%- for predicate in arg_dict['incremental_predicates'] or [] %} or {{ predicate }}{% endfor %};
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{%- endmacro %}
