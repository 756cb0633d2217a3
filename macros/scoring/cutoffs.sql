{% macro cutoffs() -%}
    {%- set horizon = var('outcome_horizon_days') -%}
    {%- if horizon is not integer or not 1 <= horizon <= 36500 -%}
        {%- do exceptions.raise_compiler_error(
            'outcome_horizon_days: ' ~ horizon | tojson ~ ' is not a whole number of days from 1 to 36500'
        ) -%}
    {%- endif -%}
    {%- set moments = [] -%}
    {%- for purpose, given, horizons_back in [
        ('training', var('training_cutoffs'), 2), ('evaluation', var('evaluation_cutoffs'), 1)
    ] -%}
        {%- do check_cutoffs(purpose ~ '_cutoffs', given) -%}
        {%- for text in given or [none] -%}
            {%- set moment = given_moment(text) if text else add_days(as_of(), -horizons_back * horizon) -%}
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
    {%- if cutoffs is none -%}
        {%- set cutoffs = [] -%}
    {%- endif -%}
    {%- if cutoffs is not sequence or cutoffs is string or cutoffs is mapping -%}
        {%- do exceptions.raise_compiler_error(name ~ ': ' ~ cutoffs ~ ' is not a list; write [' ~ cutoffs ~ ']') -%}
    {%- endif -%}
    {#- YAML makes a timestamp of what looks like one, and then it is written with an offset instead of a Z. -#}
    {%- set day = '(?!0000)\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])(?<!-02-30)(?<!-(02|04|06|09|11)-31)' -%}
    {%- set time = '([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,6})?)?(Z|[+-]([01]\\d|2[0-3])(:?[0-5]\\d)?)?' -%}
    {%- for text in cutoffs if not modules.re.fullmatch(day ~ '([ T]' ~ time ~ ')?', text ~ '') -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ": '" ~ text ~ "' is not a timestamp; write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
