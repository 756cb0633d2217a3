"""The marts about accounts and surveys, and what became of the input: docs/scoring.md sections 1 and 4."""

from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal

from .marts import NONE, rating_category
from .points import band, limited, score
from .values import normal, number, rounded


def account_scores(world):
    """Every account, every group, `total` included."""
    rows = []
    for account_id in world.given.accounts:
        members = [contact for contact in world.contacts.values() if contact.account_id == account_id]
        common = {
            "contacts": len(members),
            "engaged_contacts": sum(is_engaged(world, contact) for contact in members),
            "role_weighted_points": role_weighted_points(world, members),
            "completeness": completeness(world, members),
            "as_of": world.as_of,
        }
        for group in [*world.book.groups.values(), world.book.total]:
            points = account_points(world, members, group, world.as_of)
            mine = score(points, group)
            rows.append(
                dict(
                    account_id=account_id,
                    score_group=group.name,
                    points=points,
                    score=mine,
                    band=band(mine, group),
                    top_contact_id=top_contact(world, members, group),
                    **common,
                )
            )
    return rows


def account_points(world, members, group, moment):
    """account_rollup over the contacts of their group points; total = sum over in_total groups, limited."""
    if group is world.book.total:
        parts = (account_points(world, members, each, moment) for each in world.book.summed())
        return limited(sum(parts, NONE), group)
    points = [world.points(contact, group, moment) for contact in members]
    if not points:
        return NONE
    return {"sum": sum(points), "mean": rounded(sum(points) / len(points), 6), "max": max(points)}[group.account_rollup]


def is_engaged(world, contact):
    """Whether a contact engaged in the last 30 days: after the moment that points_30d compares with."""
    last = world.last_engaged_at(contact)
    return last is not None and last > world.as_of - timedelta(days=30)


def top_contact(world, members, group):
    """The contact with the most points in the group, ties by contact_id."""
    ranked = [(-world.points(contact, group, world.as_of), contact.contact_id) for contact in members]
    return min(ranked, default=(0, None))[1]


def role_weighted_points(world, members):
    """Σ over roles present of (role's mean total points × weight) / Σ weights present."""
    weighted, weights = NONE, NONE
    for role, (weight, _) in world.book.roles.items():
        points = [world.points(one, world.book.total, world.as_of) for one in members if one.buying_role == role]
        if points:
            weighted += sum(points) / len(points) * weight
            weights += weight
    return weighted / weights if weights else None


def completeness(world, members):
    """Mean over roles of min(1, members / required_members)."""
    shares = [
        min(Decimal(1), sum(contact.buying_role == role for contact in members) / required)
        for role, (_, required) in world.book.roles.items()
    ]
    return sum(shares) / len(shares) if shares else None


def responses_by_survey(world):
    """The responses of every survey and month, and of every survey of all time (month None)."""
    asked = defaultdict(list)
    for row in world.given.used("survey_responses"):
        survey = normal(row["survey"])
        asked[survey, row.time.date().replace(day=1)].append(row)
        asked[survey, None].append(row)
    return asked


def nps_scores(world):
    """Every survey and month, and every survey of all time."""
    return [nps_score(survey, month, responses) for (survey, month), responses in responses_by_survey(world).items()]


def nps_score(survey, month, responses):
    """nps = 100 × (promoters − detractors) / responses, with its 95 % interval; a contact's latest response counts."""
    latest = {}
    for row in sorted(responses, key=lambda row: (row.time, row["response_id"])):
        latest[row.contact_id] = rating_category(number(row["rating"]))
    n, counts = len(latest), Counter(latest.values())
    p, d = Decimal(counts["promoter"]) / n, Decimal(counts["detractor"]) / n
    margin = 196 * ((p + d - (p - d) ** 2) / n).sqrt()
    nps = 100 * (p - d)
    return {
        "survey": survey,
        "month": month,
        "responses": n,
        "promoters": counts["promoter"],
        "passives": counts["passive"],
        "detractors": counts["detractor"],
        "nps": nps,
        "nps_low": max(nps - margin, Decimal(-100)),
        "nps_high": min(nps + margin, Decimal(100)),
    }


def unscored_event_types(world):
    """Used events whose type no rule names."""
    named = {rule.event_type for rule in world.book.event_rules}
    counts = Counter(normal(row["event_type"]) for row in world.given.used("events"))
    return [{"event_type": name, "events": events} for name, events in counts.items() if name not in named]
