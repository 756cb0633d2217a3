-- The events of the days from `from_day` up to `to_day`, apart from all others, so that any number fits in memory.
-- An event has a number that no other has: person × 4096 + day, × 64 for up to 64 events of a person and day.
create or replace temp table chunk as
with

days as (
    select
        day,
        at_day(day) as midnight,
        case when isodow(at_day(day)) < 6 then 1 else 0.35 end
        * case when month(at_day(day)) in (8, 12) then 0.7 else 1 end as busyness
    from range(getvariable('from_day'), getvariable('to_day')) as numbers (day)
),

-- ------------------------------------------------------------------------------------------------------------ e-mail
-- A newsletter every third Tuesday.
mails as (
    select
        people.person,
        people.intent,
        people.open_rate,
        people.is_opened_by_machine,
        people.is_clicked_by_scanner,
        days.day,
        (people.person * 4096 + days.day) * 64 as number,
        days.midnight + seconds(28800 + 3600 * chance(people.person, days.day, 'sent at')) as sent_at,
        'newsletter_' || strftime(days.midnight, '%Y_%m_%d') as asset
    from days
    inner join people on days.day >= people.created_day and days.day < coalesce(people.unsubscribe_day, 4096)
    where
        isodow(days.midnight) = 2
        and days.day % 21 < 7
        and not people.is_staff
        and chance(people.person, days.day, 'sent') < 0.9
),

opened_mails as (
    select *, sent_at + seconds(-20000 * ln(1 - chance(person, day, 'opens after'))) as opened_at
    from mails
    where chance(person, day, 'opens') < open_rate
),

mail_events (person, number, event_type, channel, asset, occurred_at, properties) as (
    select person, number, 'email_sent', 'email', asset, sent_at, null from mails
    union all
    select
        person, number + 1, 'email_open', 'email', asset, opened_at,
        if(chance(person, day, 'glances') < 0.35, '{"read": "glanced"}', null)
    from opened_mails
    union all
    -- Opening it again the next day is worth nothing more.
    select person, number + 2, 'email_open', 'email', asset, opened_at + interval 23 hour, '{"read": "read"}'
    from opened_mails where chance(person, day, 'opens again') < 0.15
    union all
    select
        person, number + 3, 'email_click', 'email', asset, opened_at + interval 40 second,
        '{"user_agent": "Mozilla/5.0"}'
    from opened_mails where chance(person, day, 'clicks') < 0.1 + 0.3 * intent
    union all
    select
        person, number + 4, 'email_open', 'email', asset, sent_at + interval 3 second,
        '{"is_machine": true, "user_agent": "MailProxy/2.0"}'
    from mails where is_opened_by_machine
    union all
    select
        person, number + 5, 'email_click', 'email', asset, sent_at + interval 1 second,
        '{"user_agent": "LinkScanner/3.1"}'
    from mails where is_clicked_by_scanner
    union all
    select
        people.person, (people.person * 4096 + days.day) * 64 + 6, 'unsubscribe', 'email', null,
        days.midnight + interval 11 hour, null
    from days
    inner join people on days.day = people.unsubscribe_day
),

-- ------------------------------------------------------------------------------------------------------------ visits
-- `heat` is between 0 and 1: it grows towards the peak and fades after it, unless the person has bought.
-- People with a cookie came some days before they were known.
warmed as (
    select
        people.*,
        days.day,
        days.midnight,
        days.busyness,
        people.buys and days.day > people.peak_day as is_customer,
        pow(people.intent, 1.5) * greatest(0, case
            when days.day <= people.peak_day then 1 - (people.peak_day - days.day) / 45
            when not people.buys then 0.8 - (days.day - people.peak_day) / 15
            else 0
        end) as heat
    from days
    inner join people on days.day >= people.created_day - if(people.has_cookie, 20, 0)
),

visits as (
    select
        *,
        1 + least(39, cast(floor(-(2.3 + 2 * heat) * ln(1 - chance(person, day, 'pages'))) as integer)) as steps,
        midnight + seconds(3600 * chance(person, day, 'minute') + 3600 * pick(
            [
                0, 6, 7, 7, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11, 11, 12, 13, 13, 13, 14, 14, 14, 14, 15, 15, 15,
                16, 16, 17, 18, 19, 20, 20, 21, 22
            ],
            chance(person, day, 'hour')
        )) as started_at
    from warmed
    where chance(person, day, 'visit') < busyness
        * (visits_per_day + 0.5 * heat + if(is_customer and day < peak_day + 60, 0.08, 0))
),

visit_steps as (
    select
        *,
        (person * 4096 + day) * 64 + 8 + step as number,
        started_at + seconds(70 * step + 30 * chance(person * 4096 + day, step, 'pause')) as occurred_at,
        chance(person * 4096 + day, step, 'what') as what,
        chance(person * 4096 + day, step, 'which') as which
    from visits, unnest(range(steps)) as steps_of_visit (step)
),

-- The hotter, the less is only looked at.
typed_steps as (
    select
        *,
        case
            when is_staff then 'page_view'
            when is_customer and what < 0.10 then 'support_ticket'
            when what < 0.810 - 0.28 * heat then 'page_view'
            when what < 0.850 - 0.28 * heat then 'like'
            when what < 0.890 - 0.24 * heat then 'video_watch'
            when what < 0.925 - 0.24 * heat then 'site_search'
            when what < 0.940 - 0.22 * heat then 'webinar_register'
            when what < 0.955 - 0.22 * heat then 'ad_click'
            when what < 0.970 - 0.14 * heat then 'download'
            when what < 0.977 - 0.10 * heat then 'form_submit'
            when what < 0.982 - 0.06 * heat then 'webinar_attend'
            when what < 0.987 - 0.05 * heat then 'share'
            when what < 0.993 - 0.04 * heat then 'comment'
            when what < 0.996 - 0.03 * heat then 'purchase'
            when what < 0.998 then 'demo_request'
            else 'chat_message'
        end as event_type,
        case
            when which < case prefers when 'A' then 0.8 when 'B' then 0 else 0.4 end then 'A'
            when which < case prefers when 'A' then 0 when 'B' then 0.8 else 0.7 end then 'B'
        end as product
    from visit_steps
),

visit_events as (
    select
        person,
        number,
        event_type,
        case
            when event_type in ('like', 'share', 'comment') then 'social'
            when event_type = 'support_ticket' then 'support'
            else 'web'
        end as channel,
        case
            when event_type = 'page_view' then case
                when step = 0 then 'home'
                when is_customer and what < 0.5 then 'help_' || pick(['billing', 'import', 'login', 'reports'], which)
                when what < 0.10 + 0.10 * heat then 'pricing'
                when what < 0.35 + 0.10 * heat and product is not null then 'product_' || lower(product)
                when what < 0.38 then 'case_study_product_b'
                else 'blog_' || cast(1 + floor(30 * which * which) as integer)
            end
            when event_type = 'download'
                then coalesce('guide_product_' || lower(product), pick(['checklist', 'template', 'glossary'], which))
            when event_type = 'video_watch' then 'video_' || coalesce('product_' || lower(product), 'trends')
            when event_type like 'webinar%' then 'webinar_' || coalesce('product_' || lower(product), 'trends')
            when event_type = 'ad_click' then if(month(occurred_at) between 2 and 6, 'spring_campaign', 'always_on')
            when event_type in ('like', 'share', 'comment') then 'post_' || cast(1 + floor(40 * which) as integer)
        end as asset,
        occurred_at,
        case
            when is_staff then '{"email_domain": "our-company.example"}'
            when event_type = 'video_watch'
                then '{"minutes": ' || round(1 + 12 * which, 1)
                || coalesce(', "product": "' || product || '"', '') || '}'
            when event_type = 'demo_request' then '{"product": "' || coalesce(product, 'A') || '"}'
            when event_type = 'form_submit'
                then '{"form": "' || pick(['contact', 'contact', 'offer', 'newsletter'], which) || '"}'
            when event_type = 'purchase' then '{"amount": ' || round(15 + 150 * which * which, 2) || '}'
            when event_type = 'support_ticket'
                then '{"priority": "' || pick(['low', 'normal', 'normal', 'high', 'urgent'], which) || '"}'
        end as properties
    from typed_steps
),

-- ------------------------------------------------------------------------------------------------------ what lands
happened as (
    select * from mail_events
    union all
    select * from visit_events
),

used as (
    select
        'e' || to_base(happened.number, 36) as event_id,
        -- Before they are known, and now and then later, people come under a cookie or under their second record.
        case
            when happened.channel = 'web' and people.has_cookie
                and (happened.occurred_at < people.created_at or chance(happened.number // 64, 'as cookie') < 0.2)
                then as_id('k', people.person)
            when happened.channel = 'email' and people.is_twice and chance(happened.number, 'as second') < 0.5
                then as_id('d', people.person)
            else people.contact_id
        end as contact_id,
        happened.event_type,
        happened.occurred_at,
        happened.channel,
        happened.asset,
        happened.properties,
        happened.occurred_at + seconds(case
            when chance(happened.number, 'late') < 0.01 then 86400 * (2 + 18 * chance(happened.number, 'delay'))
            else 4 * chance(happened.number, 'delay')
        end) as received_at,
        case
            when happened.properties like '%is_machine%' then 'machine open'
            when happened.properties like '%LinkScanner%' then 'scanner click'
            when happened.properties like '%email_domain%' then 'own staff'
        end as exclusion,
        people.intent_quintile,
        chance(happened.number, 'event mess') as dice
    from happened
    inner join people on happened.person = people.person
    where happened.occurred_at < getvariable('as_of')
),

-- Only page views get into the mess: a rule names them and no exclusion but that of staff does, so that the counts of
-- one kind of mess leave those of the others alone.
repeated as (
    select * from used where event_type = 'page_view' and dice < 0.009
),

copied as (
    select * replace (event_id || '-copy' as event_id)
    from used where event_type = 'page_view' and dice between 0.009 and 0.03
),

landed as (
    select *, 'used' as verdict, if(received_at > occurred_at + interval 1 day, 'late', null) as planted from used
    union all
    select *, 'duplicate', 'exact duplicate' from repeated where dice < 0.006
    union all
    -- Received later than the one that it contradicts, so that this one gives way.
    select
        * replace ('home' as asset, received_at + interval 2 hour as received_at),
        'duplicate', 'conflicting duplicate'
    from repeated where dice >= 0.006
    union all
    select * replace (null as event_id), 'missing_key', null from copied where dice < 0.010
    union all
    select * replace (null as contact_id), 'missing_key', null from copied where dice between 0.010 and 0.011
    union all
    select * replace ('{"minutes": ' as properties), 'bad_value', null from copied where dice between 0.011 and 0.012
    union all
    select * replace ('[1, 2]' as properties), 'bad_value', null from copied where dice between 0.012 and 0.013
    union all
    -- A clock that is years ahead, and one that is hours ahead.
    select
        * replace (getvariable('as_of') + seconds(86400 * (2 + 700 * chance(event_id, 'ahead'))) as occurred_at),
        'future', null
    from copied where dice between 0.013 and 0.014
    union all
    select
        * replace (getvariable('as_of') + seconds(1 + 80000 * chance(event_id, 'ahead')) as occurred_at),
        'waiting', null
    from copied where dice between 0.014 and 0.015
    union all
    -- Visitors of whom nothing is known, a few pages each.
    select
        * replace (
            'visitor-' || cast(floor(getvariable('contacts') / 4 * chance(event_id, 'visitor')) as integer)
            as contact_id
        ),
        'unmatched', null
    from copied where dice >= 0.015
)

select * exclude (dice) from landed;
