{% macro event_field(events, field) -%}
    case {{ field }}
        when 'channel' then {{ events }}.channel
        when 'asset' then {{ events }}.asset
        else {{ json_text(events ~ '.properties', field) }}
    end
{%- endmacro %}


{#- From 1e15 on a double has no decimals left to round, and sums may end beyond all numbers. -#}
{% macro multiplied_points(points, property) -%}
    {%- set product -%} {{ points }} * coalesce({{ parse_number(property) }}, 0) {%- endset -%}
    case when abs({{ product }}) < 1e15 then {{ round_half_up(product, 4) }} else 0 end
{%- endmacro %}
