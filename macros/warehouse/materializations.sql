{#- A table or a view takes the place of the one before in one statement, and other readers see it at its end. The adapter's
    own is made beside, renamed, and the one before renamed and dropped: a fifth of a small build. -#}
{% materialization table, adapter='duckdb' -%} {{ return(replaced(this.incorporate(type='table'))) }} {%- endmaterialization %}


{% materialization view, adapter='duckdb' -%} {{ return(replaced(this.incorporate(type='view'))) }} {%- endmaterialization %}


{#- Few rows have landed since the last build, and are kept; more, in a build from nothing, would not fit into memory. -#}
{% materialization landed, adapter='duckdb' -%}
    {{ return(replaced(this.incorporate(type='table' if is_continued() else 'view'))) }}
{%- endmaterialization %}


{#- What was there is dropped before only if it is of the other kind: a table may be made from what it was. -#}
{% macro replaced(relation) -%}
    {%- set before = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks, inside_transaction=false) }}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        {%- if config.get('contract').enforced %} {{ get_assert_columns_equivalent(compiled_code) }} {% endif -%}
        {%- if before and before.type != relation.type %} drop {{ before.type }} {{ before }}; {% endif -%}
        create or replace {{ relation.type }} {{ relation }} as (
            {{ compiled_code }}
        )
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do persist_docs(relation, model) -%}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=false) }}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}


{#- What has a contract is read by people: the database itself says what its columns hold. -#}
{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) -%}
    {%- if config.get('contract').enforced -%}
        {%- call statement('described') -%}
            comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(model.description | trim) }};
            {%- for column in model.columns.values() %}
            comment on column {{ relation }}.{{ column.name }} is {{ duckdb_escape_comment(column.description | trim) }};
            {%- endfor %}
        {%- endcall -%}
    {%- endif -%}
{%- endmacro %}
