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
    {%- set time = '([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?(Z|[+-](0\\d|1[0-5])(:?[0-5]\\d)?)?' -%}
    {%- set form = modules.re.compile('\\d{4}-\\d\\d-\\d\\d([ T]' ~ time ~ ')?', modules.re.ASCII) -%}
    {#- YAML makes none of a day that does not exist. The engine could be asked only after much has been built. -#}
    {%- for text in cutoffs if not form.fullmatch(text ~ '') or fromyaml((text ~ '')[:10]) is none -%}
        {%- do exceptions.raise_compiler_error(
            name ~ ": '" ~ text ~ "' is not a timestamp; write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC"
        ) -%}
    {%- endfor -%}
{%- endmacro %}
