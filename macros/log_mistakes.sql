{% macro log_mistakes(results) %}
    {% for result in results if result.status == 'fail' and result.node.resource_type == 'test' %}
        {% set rows = run_query(result.node.compiled_code) %}
        {% if 'mistake' in rows.column_names %}
            {% for sentence in rows.columns['mistake'].values() | unique %}
                {% do log('MISTAKE: ' ~ sentence, info=true) %}
            {% endfor %}
        {% endif %}
    {% endfor %}
{% endmacro %}
