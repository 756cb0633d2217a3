{% macro event_field(events, field) -%}
    case {{ field }}
        when 'channel' then {{ events }}.channel
        when 'asset' then {{ events }}.asset
        else {{ json_text(events ~ '.properties', field) }}
    end
{%- endmacro %}


{% macro multiplied_points(points, property) -%}
    {{ round_half_up(points ~ ' * coalesce(' ~ parse_number(property) ~ ', 0)', 4) }}
{%- endmacro %}
