{#- A table or a view takes the place of the one before in one transaction, and other readers see it when that ends. The
    adapter's own is made beside, renamed, and the one before renamed and dropped: a fifth of a small build. -#}
{% materialization table, adapter='duckdb' -%}
    {%- set table = this.incorporate(type='table') -%}
    {{ return(replaced(table, create_table_as(false, table, compiled_code))) }}
{%- endmaterialization %}


{% materialization view, adapter='duckdb' -%}
    {%- set view = this.incorporate(type='view') -%}
    {{ return(replaced(view, create_view_as(view, compiled_code))) }}
{%- endmaterialization %}


{% macro replaced(relation, creation) -%}
    {%- set before = load_cached_relation(relation) -%}
    {{ run_hooks(pre_hooks) }}
    {%- call statement('main') -%}
        {%- if before %} drop {{ before.type }} {{ before }}; {% endif %}
        {{ creation }}
    {%- endcall -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [relation]}) }}
{%- endmacro %}
