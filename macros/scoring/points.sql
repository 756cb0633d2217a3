{% macro line_value(points, effective_at, moment, half_life_days) -%}
    case
        when {{ half_life_days }} is null then {{ points }}
        else {{ points }} * power(2e0, -{{ days_between(effective_at, moment) }} / {{ half_life_days }})
    end
{%- endmacro %}


{% macro limit_points(points, min_points, max_points) -%}
    least(
        greatest({{ points }}, coalesce({{ min_points }}, {{ points }})),
        coalesce({{ max_points }}, greatest({{ points }}, coalesce({{ min_points }}, {{ points }})))
    )
{%- endmacro %}


{#- Sums over the same lines may differ in their last bits, and points are rounded to 6 decimals. -#}
{% macro points_tolerance() -%} 0.00001 {%- endmacro %}


{% macro account_points_tolerance() -%} 0.001 {%- endmacro %}


{#- least and greatest pass over nulls, so that a missing anchor needs a case of its own. -#}
{% macro scale_score(points, groups) -%}
    {%- set share -%} least(greatest({{ points }}.points / {{ groups }}.full_points, 0e0), 1e0) {%- endset -%}
    {%- set scaled -%}
        ({{ groups }}.scale_min + ({{ groups }}.scale_max - {{ groups }}.scale_min)
        * case when {{ groups }}.scale = 'sqrt' then sqrt({{ share }}) else {{ share }} end)
    {%- endset -%}
    case when {{ groups }}.full_points is not null then {{ round_half_up(scaled, 2) }} end
{%- endmacro %}


{% macro is_in_band(scores, bands) -%}
    {{ scores }}.score_group = {{ bands }}.score_group
    and {{ scores }}.score >= {{ bands }}.min_score
    and ({{ bands }}.next_min_score is null or {{ scores }}.score < {{ bands }}.next_min_score)
{%- endmacro %}


{#- Doubles such as 2.035 lie a little below what they stand for: ten decimals first restore it, and a decimal rounds
    half away from zero. Narrow decimals are much faster; beyond 1e15 a double has no decimals left to round. -#}
{% macro round_half_up(number, digits) -%}
    case
        when abs({{ number }}) < 1e7 then cast(round(cast({{ number }} as decimal(18, 10)), {{ digits }}) as double)
        when abs({{ number }}) < 1e15 then cast(round(cast({{ number }} as decimal(28, 10)), {{ digits }}) as double)
        else {{ number }}
    end
{%- endmacro %}


{#- Of the larger of then and now, so that it is bounded and a rise from nothing has a size. -#}
{% macro percent_change(points, change) -%}
    {%- set larger -%} greatest(abs({{ points }}), abs({{ points }} - {{ change }})) {%- endset -%}
    {{ round_half_up('coalesce(100 * ' ~ change ~ ' / nullif(' ~ larger ~ ', 0), 0)', 2) }}
{%- endmacro %}


{% macro rolled_up_points(account_rollup, total, mean, highest) -%}
    {%- set points -%}
        coalesce(case {{ account_rollup }} when 'mean' then {{ mean }} when 'max' then {{ highest }} else {{ total }} end, 0)
    {%- endset -%}
    {{ round_half_up(points, 6) }}
{%- endmacro %}
