-- Who there is in the demo, and everything about them but their events. Here a table that lands carries one column
-- more: `verdict`, what a build makes of the row. Variables: seed, contacts, companies, days, first_day, as_of.

-- ------------------------------------------------------------------------------------------------------------ chance
-- From 0 up to 1, by the seed, the things and a word alone, so that neither threads nor order can change it.
-- One round of hash leaves words that differ in a letter correlated; the second does not.
create macro chance(thing, word) as
    (hash(hash(getvariable('seed'), thing, word)) >> 11) / 9007199254740992.0,
(thing, occasion, word) as
    (hash(hash(getvariable('seed'), thing, occasion, word)) >> 11) / 9007199254740992.0;

create macro pick(options, figure) as options[1 + cast(floor(len(options) * figure) as integer)];

-- Nearly normal, around 0 with a deviation of 1.
create macro bell(thing, word) as
    1.73 * (chance(thing, 1, word) + chance(thing, 2, word) + chance(thing, 3, word) + chance(thing, 4, word) - 2);

create macro seconds(number) as to_microseconds(cast(1e6 * number as bigint));

create macro at_day(day) as getvariable('first_day') + seconds(86400 * day);

create macro as_id(letter, number) as letter || printf('%06d', number);

create macro company_name(number) as
    pick(['Amber', 'Birch', 'Cobalt', 'Delta', 'Elm', 'Falcon', 'Granite', 'Harbour', 'Indigo'], chance(number, 'name'))
    || ' '
    || pick(['Analytics', 'Foods', 'Freight', 'Labs', 'Machines', 'Media', 'Power', 'Stores'], chance(number, 'trade'))
    || ' ' || number;

create macro company_domain(number) as lower(replace(company_name(number), ' ', '-')) || '.example';

-- ------------------------------------------------------------------------------------------------------------ people
-- The planted truth: `intent` drives how much people do around their peak, what they do, and whether they buy at it.
create temp table people as
with

drawn as (
    select
        number as person,
        as_id('c', number) as contact_id,
        chance(number, 'intent') as intent,
        number % 211 = 7 as is_staff,
        case
            when chance(number, 'employed') < 0.92
                then 1 + cast(floor(getvariable('companies') * pow(chance(number, 'company'), 1.3)) as integer)
        end as company,
        case
            when chance(number, 'known before') < 0.65 then -365 * chance(number, 'created')
            else getvariable('days') * chance(number, 'created')
        end as created_day,
        pick(
            [
                'Managing Director', 'Chief Marketing Officer', 'Chief Technology Officer', 'Head of Marketing',
                'Head of Sales', 'Head of Operations', 'Marketing Manager', 'Marketing Manager', 'Product Manager',
                'Sales Manager', 'Office Manager', 'Analyst', 'Analyst', 'Engineer', 'Engineer', 'Consultant',
                'Designer', 'Student', 'Job seeker', null
            ],
            chance(number, 'job')
        ) as job_title,
        pick(['A', 'A', 'A', 'B', 'B', null], chance(number, 'prefers')) as prefers,
        chance(number, 'cookie') as cookie
    from range(1, getvariable('contacts') + 1) as numbers (number)
),

decided as (
    select
        *,
        greatest(created_day, 0) + 15
        + chance(person, 'peak') * (getvariable('days') + 35 - greatest(created_day, 0)) as peak_day,
        not is_staff
        and coalesce(job_title, '') not in ('Student', 'Job seeker')
        and chance(person, 'buys')
            < (0.02 + 0.4 * pow(intent, 3)) * if(regexp_matches(job_title, '^(Head|Chief)|Director'), 2, 1) as buys
    from drawn
)

select
    *,
    1 + cast(floor(5 * intent) as integer) as intent_quintile,
    at_day(created_day) as created_at,
    -- A few people do most of what is done.
    least(0.5, if(is_staff, 0.3, 0.02 * intent * exp(1.3 * bell(person, 'activity')))) as visits_per_day,
    0.05 + 0.35 * pow(chance(person, 'opens'), 2) + 0.25 * intent as open_rate,
    chance(person, 'mail program') < 0.12 as is_opened_by_machine,
    coalesce(company % 17 = 0, false) as is_clicked_by_scanner,
    case
        when chance(person, 'unsubscribes') < 0.05
            then cast(floor(greatest(created_day, 0) + getvariable('days') * chance(person, 'leaves')) as integer)
    end as unsubscribe_day,
    case
        when buys then 5
        when chance(person, 'moves on') < 0.35 + 0.5 * intent
            then 2 + cast(floor(3 * chance(person, 'moves up') * (0.4 + 0.6 * intent)) as integer)
        else 1
    end as last_stage,
    cookie < 0.30 as has_cookie,
    cookie < 0.05 as is_merged,
    chance(person, 'entered twice') < 0.01 as is_twice
from decided;

-- ---------------------------------------------------------------------------------------------------------- contacts
create temp table contacts as
with

known as (
    select
        contact_id,
        case when not is_staff then as_id('a', company) end as account_id,
        contact_id || '@' || case
            when is_staff then 'our-company.example'
            when company is null or chance(person, 'private address') < 0.05 then 'freemail.example'
            else company_domain(company)
        end as email,
        cast(created_at as varchar) as created_at,
        case
            when unsubscribe_day < getvariable('days') and chance(person, 'opts out') < 0.5 then 'yes'
            when chance(person, 'opts out') < 0.9 then 'no'
        end as opted_out,
        pick(
            ['decision_maker', 'champion', 'user', 'user', 'purchasing', null, null], chance(person, 'role')
        ) as buying_role,
        job_title,
        pick(
            ['DE', 'DE', 'DE', 'AT', 'CH', 'NL', 'FR', 'GB', 'PL', 'US', 'US', null], chance(person, 'country')
        ) as country,
        is_twice,
        chance(person, 'contact mess') as dice
    from people
),

landed as (
    select *, 'used' as verdict from known
    union all
    -- The same person again; contact_aliases says so.
    select * replace (replace(contact_id, 'c', 'd') as contact_id), 'used' from known where is_twice
    union all
    select *, 'duplicate' from known where dice < 0.004
    union all
    -- Sorts behind the row that it contradicts, so that this one gives way.
    select * replace ('z-' || email as email), 'duplicate' from known where dice between 0.004 and 0.008
    union all
    select * replace (null as contact_id), 'missing_key' from known where dice between 0.008 and 0.011
    union all
    select * replace (replace(contact_id, 'c', 'b') as contact_id, '31/02/2026' as created_at), 'bad_timestamp'
    from known where dice between 0.011 and 0.014
    union all
    select * replace (replace(contact_id, 'c', 'b') as contact_id, 'perhaps' as opted_out), 'bad_value'
    from known where dice between 0.014 and 0.017
    union all
    select
        * replace (
            replace(contact_id, 'c', 'f') as contact_id,
            cast(getvariable('as_of') + interval 40 day as varchar) as created_at
        ),
        'future'
    from known where dice between 0.017 and 0.020
    union all
    select
        * replace (
            replace(contact_id, 'c', 'f') as contact_id,
            cast(getvariable('as_of') + interval 9 hour as varchar) as created_at
        ),
        'waiting'
    from known where dice between 0.020 and 0.023
)

select * exclude (is_twice, dice) from landed;

-- ---------------------------------------------------------------------------------------------------------- accounts
create temp table accounts as
with

known as (
    select
        as_id('a', number) as account_id,
        company_name(number) as name,
        company_domain(number) as domain,
        pick(
            ['software', 'software', 'manufacturing', 'logistics', 'retail', 'education', 'health', 'finance'],
            chance(number, 'industry')
        ) as industry,
        cast(ceil(90 * exp(1.7 * bell(number, 'size'))) as integer) as employees,
        case
            when number % 50 = 21 then 'competitor'
            else pick(['prospect', 'prospect', 'prospect', 'customer', 'partner'], chance(number, 'type'))
        end as account_type,
        chance(number, 'account mess') as dice
    from range(1, getvariable('companies') + 1) as numbers (number)
),

landed as (
    select *, 'used' as verdict from known
    union all
    select *, 'duplicate' from known where dice < 0.01
    union all
    select * replace (name || ' (old)' as name), 'duplicate' from known where dice between 0.01 and 0.02
    union all
    select * replace (null as account_id), 'missing_key' from known where dice between 0.02 and 0.03
)

select * exclude (dice) from landed;

-- --------------------------------------------------------------------------------------------------- contact_aliases
-- A browser is known by a cookie; the cookie may lead to a record that was merged into the contact later.
create temp table contact_aliases as
with

known as (
    select as_id('k', person) as alias_id, if(is_merged, as_id('m', person), contact_id) as contact_id
    from people where has_cookie
    union all
    select as_id('m', person), contact_id from people where is_merged
    union all
    select as_id('d', person), contact_id from people where is_twice
)

select alias_id, contact_id, 'used' as verdict from known
union all
select alias_id, contact_id, 'duplicate' from known where chance(alias_id, 'alias mess') < 0.01
union all
select alias_id, null, 'missing_key' from known where chance(alias_id, 'alias mess') between 0.01 and 0.02;

-- ----------------------------------------------------------------------------------------------------- stage_changes
create temp table stage_changes as
with

steps (position, stage, days_to_peak) as (
    values (2, 'lead', 28), (3, 'marketing_qualified', 14), (4, 'sales_qualified', 6), (5, 'customer', 0)
),

taken as (
    select
        people.person,
        people.contact_id,
        steps.stage,
        people.peak_day - steps.days_to_peak + 3 * chance(people.person, steps.position, 'step') as day
    from people
    inner join steps on steps.position <= people.last_stage
    union all
    -- Sales gives some back.
    select person, contact_id, 'lead', peak_day + 12
    from people where last_stage = 4 and chance(person, 'given back') < 0.3
    union all
    -- Said again, and so no change.
    select person, contact_id, 'lead', peak_day - 24
    from people where last_stage = 2 and chance(person, 'said again') < 0.05
),

known as (
    select contact_id, stage, cast(at_day(day) as varchar) as changed_at, chance(person, day, 'stage mess') as dice
    from taken
    where day < getvariable('days')
)

select contact_id, stage, changed_at, 'used' as verdict from known
union all
select contact_id, 'unqualified', changed_at, 'unknown_stage' from known where dice < 0.01
union all
select contact_id, null, changed_at, 'missing_key' from known where dice between 0.01 and 0.015
union all
select contact_id, stage, 'soon', 'bad_timestamp' from known where dice between 0.015 and 0.02
union all
select contact_id, stage, cast(getvariable('as_of') + interval 3 day as varchar), 'future'
from known where dice between 0.02 and 0.025
union all
select replace(contact_id, 'c', 'y'), stage, changed_at, 'unmatched' from known where dice between 0.025 and 0.04;

-- ------------------------------------------------------------------------------------------------- attribute_changes
create temp table attribute_changes as
with

growing as (
    select as_id('a', number) as account_id, getvariable('days') * chance(number, 'growth day') as growth_day
    from range(1, getvariable('companies') + 1) as numbers (number)
    where chance(number, 'grows') < 0.08
),

promoted as (
    select contact_id, job_title, created_day, created_day + 30 + 400 * chance(person, 'promotion day') as promotion_day
    from people
    where job_title is not null and chance(person, 'promoted') < 0.04
),

bounced as (
    select
        contact_id,
        created_day + 20 + 600 * chance(person, 'bounce day') as bounce_day,
        chance(person, 'mended') < 0.3 as is_mended
    from people
    where chance(person, 'bounces') < 0.04
),

-- What an attribute was before its first change has to be said too: once there are changes, nothing else says it.
known (entity, entity_id, attribute, value, day) as (
    select 'contact', contact_id, 'job_title', job_title, created_day from promoted
    union all
    select 'contact', contact_id, 'job_title', 'Head of Operations', promotion_day from promoted
    union all
    select 'contact', contact_id, 'email_status', 'bounced', bounce_day from bounced
    union all
    select 'contact', contact_id, 'email_status', null, bounce_day + 40 from bounced where is_mended
    union all
    select 'account', account_id, 'employees', '45', -400 from growing
    union all
    select 'account', account_id, 'employees', '60', growth_day from growing
),

dated as (
    select
        entity, entity_id, attribute, value, cast(at_day(day) as varchar) as changed_at,
        chance(entity_id, day, 'attribute mess') as dice
    from known
    where day < getvariable('days')
)

select entity, entity_id, attribute, value, changed_at, 'used' as verdict from dated
union all
select 'lead', entity_id, attribute, value, changed_at, 'bad_value' from dated where dice < 0.02
union all
select entity, entity_id, null, value, changed_at, 'missing_key' from dated where dice between 0.02 and 0.04
union all
select entity, entity_id, attribute, value, changed_at || ' o''clock', 'bad_timestamp'
from dated where dice between 0.04 and 0.06
union all
select entity, 'y' || entity_id, attribute, value, changed_at, 'unmatched' from dated where dice between 0.06 and 0.09;

-- ------------------------------------------------------------------------------------------------------- conversions
create temp table conversions as
with

buyers as (
    select
        contact_id,
        at_day(peak_day + 3 * chance(person, 5, 'step')) as converted_at,
        round(2500 * exp(bell(person, 'amount')), 2) as amount,
        chance(person, 'buys again') < 0.25 as buys_again,
        chance(person, 'conversion mess') as dice
    from people
    where buys
),

bought as (
    select contact_id, converted_at, amount, dice from buyers
    union all
    select contact_id, converted_at + interval 60 day, round(amount / 3, 2), 1 from buyers where buys_again
),

known as (
    select contact_id, cast(converted_at as varchar) as converted_at, cast(amount as varchar) as amount, dice
    from bought
    where converted_at < getvariable('as_of')
)

select contact_id, converted_at, amount, 'used' as verdict from known
union all
select contact_id, replace(converted_at, '-', '.'), amount, 'bad_timestamp' from known where dice < 0.03
union all
select contact_id, converted_at, replace(amount, '.', ','), 'bad_value' from known where dice between 0.03 and 0.06
union all
select contact_id, null, amount, 'missing_key' from known where dice between 0.06 and 0.09
union all
select replace(contact_id, 'c', 'y'), converted_at, amount, 'unmatched' from known where dice between 0.09 and 0.12;

-- -------------------------------------------------------------------------------------------------- survey_responses
create temp table survey_responses as
with

answered as (
    select person, 'relationship' as survey, 90 * quarter + 20 * chance(person, quarter, 'answer day') as day
    from people, range(1, 1 + getvariable('days') // 90) as quarters (quarter)
    where chance(person, quarter, 'answers') < 0.08
    union all
    select person, 'onboarding', peak_day + 30 from people where buys and chance(person, 'answers') < 0.5
),

known as (
    select
        answered.survey || '-' || people.contact_id || '-' || cast(floor(answered.day) as integer) as response_id,
        people.contact_id,
        cast(
            cast(least(10, greatest(0, 5 + 4 * people.intent + 2 * bell(people.person, 'mood'))) as integer) as varchar
        ) as rating,
        cast(at_day(answered.day) as varchar) as responded_at,
        answered.survey,
        chance(people.person, answered.day, 'survey mess') as dice
    from answered
    inner join people on answered.person = people.person
    where answered.day > people.created_day and answered.day < getvariable('days')
),

-- What is broken gets an id of its own.
copied as (
    select * replace (response_id || '-copy' as response_id) from known
),

landed as (
    select *, 'used' as verdict from known
    union all
    select *, 'duplicate' from known where dice < 0.02
    union all
    select * replace ('11' as rating), 'bad_value' from copied where dice between 0.02 and 0.05
    union all
    select * replace (null as rating), 'missing_key' from copied where dice between 0.05 and 0.07
    union all
    select * replace ('yesterday' as responded_at), 'bad_timestamp' from copied where dice between 0.07 and 0.09
    union all
    select * replace (replace(contact_id, 'c', 'y') as contact_id), 'unmatched'
    from copied where dice between 0.09 and 0.12
)

select * exclude (dice) from landed;

-- ----------------------------------------------------------------------------------------- for the manifest, besides
create temp table alias_kinds as
select 'direct' as kind, count(*) as aliases from people where has_cookie and not is_merged
union all
select 'chain', count(*) from people where is_merged
union all
select 'also in contacts', count(*) from people where is_twice;

create temp table intent_quintiles as
select people.intent_quintile, count(*) as contacts, count(converted.contact_id) as converted
from people
left join (select distinct contact_id from conversions where verdict = 'used') as converted
    on people.contact_id = converted.contact_id
group by people.intent_quintile;
