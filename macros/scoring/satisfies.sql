{% macro satisfies(actual, operator, expected) -%}
    {%- set given = plain_text(actual) -%}
    {%- set number = parse_number(actual) -%}
    {%- set operand = parse_number(expected) -%}
    {%- set in_list -%}
        (position('|' in {{ given }}) = 0 and position('|' || {{ given }} || '|' in '|' || {{ expected }} || '|') > 0)
    {%- endset -%}
    coalesce(case {{ operator }}
        when 'is_missing' then {{ given }} is null
        when 'is_present' then {{ given }} is not null
        when 'equals' then {{ given }} = {{ expected }}
        when 'not_equals' then {{ given }} is null or {{ given }} != {{ expected }}
        when 'in' then {{ in_list }}
        when 'not_in' then {{ given }} is null or not {{ in_list }}
        when 'contains' then position({{ expected }} in {{ given }}) > 0
        when 'starts_with' then left({{ given }}, length({{ expected }})) = {{ expected }}
        when 'ends_with' then right({{ given }}, length({{ expected }})) = {{ expected }}
        when 'gt' then {{ number }} > {{ operand }}
        when 'gte' then {{ number }} >= {{ operand }}
        when 'lt' then {{ number }} < {{ operand }}
        when 'lte' then {{ number }} <= {{ operand }}
        when 'between' then
            {{ number }} >= {{ parse_number("split_part(" ~ expected ~ ", '|', 1)") }}
            and {{ number }} <= {{ parse_number("split_part(" ~ expected ~ ", '|', 2)") }}
    end, false)
{%- endmacro %}
