{#- The moments at which outcomes are learned from or looked back from; by default the last two whose horizon is over. -#}
{% macro cutoffs() -%}
    {%- set horizon = var('outcome_horizon_days') -%}
    {%- if horizon is not integer or horizon < 1 -%}
        {%- do exceptions.raise_compiler_error('outcome_horizon_days: ' ~ horizon ~ ' is not a whole number of days') -%}
    {%- endif -%}
    {%- set moments = [] -%}
    {%- for purpose, given, horizons_back in [
        ('training', var('training_cutoffs'), 2), ('evaluation', var('evaluation_cutoffs'), 1)
    ] -%}
        {%- do check_cutoffs(purpose ~ '_cutoffs', given) -%}
        {%- for text in given or [none] -%}
            {%- set moment = "cast('" ~ text ~ "' as timestamp)" if text else add_days(as_of(), -horizons_back * horizon) -%}
            {%- do moments.append([purpose, moment]) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do moments.append(['now', as_of()]) -%}
    {%- for purpose, moment in moments -%}
        select '{{ purpose }}' as purpose, {{ moment }} as cutoff_at, {{ add_days(moment, horizon) }} as horizon_ends_at
        {{- ' union all ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro check_cutoffs(name, cutoffs) -%}
    {%- if cutoffs is not sequence or cutoffs is string or cutoffs is mapping -%}
        {%- do exceptions.raise_compiler_error(name ~ ': ' ~ cutoffs ~ ' is not a list; write [' ~ cutoffs ~ ']') -%}
    {%- endif -%}
    {%- set timestamp = '\\d{4}-\\d\\d-\\d\\d([ T]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,6})?)?Z?)?' -%}
    {%- for text in cutoffs if not modules.re.fullmatch(timestamp, text ~ '') -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ": '" ~ text ~ "' is not a timestamp; write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
