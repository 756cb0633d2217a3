"""What outcomes say of scores and rules, by scikit-learn, SciPy and pair by pair: docs/scoring.md section 4."""

from datetime import timedelta
from math import isnan, sqrt

from scipy.stats import norm
from scipy.stats.contingency import relative_risk
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from . import suggestions
from .attributes import attribute_values
from .crossings import threshold_crossings
from .insight import first_conversions
from .points import score
from .scorebook import AttributeRule
from .values import holds

HORIZON = timedelta(days=90)


def judged_contacts(world):
    """Contacts at the cut-off one horizon before `as_of`: (contact, whether it converts, whether reported before)."""
    cutoff, converted = world.as_of - HORIZON, first_conversions(world)
    reports = {}
    for row in threshold_crossings(world):
        if row["scope"] != "account" and not row["is_suppressed"]:
            earlier = reports.get(row["subject_id"], row["crossed_at"])
            reports[row["subject_id"]] = min(row["crossed_at"], earlier)
    judged = []
    for key, contact in world.contacts.items():
        if contact.created_at <= cutoff and not (key in converted and converted[key] <= cutoff):
            reported_at = reports.get(key)
            is_reported = reported_at is not None and reported_at <= converted.get(key, world.as_of)
            judged.append((contact, key in converted, is_reported))
    return judged


def score_evaluation(world):
    """Every score, as a whole, by decile and at the thresholds of triggers and bands."""
    judged, cutoff = judged_contacts(world), world.as_of - HORIZON
    if not judged:
        return []
    rows = []
    for group in [*world.book.groups.values(), world.book.total]:
        points = [world.points(contact, group, cutoff) for contact, *_ in judged]
        outcomes = [is_converted for _, is_converted, _ in judged]
        unreported = [place for place, (*_, is_reported) in enumerate(judged) if not is_reported]
        low, high = interval(points, outcomes)
        rows.append(
            part(group, "overall", None, None, outcomes, outcomes)
            | {"auc": auc(points, outcomes), "auc_low": low, "auc_high": high}
            | {"reported_contacts": len(judged) - len(unreported)}
            | {"auc_unreported": auc([points[n] for n in unreported], [outcomes[n] for n in unreported])}
        )
        deciles = [1 + 10 * sum(other < mine for other in points) // len(points) for mine in points]
        for decile in set(deciles):
            own = [outcome for outcome, one in zip(outcomes, deciles, strict=True) if one == decile]
            rows.append(part(group, "decile", decile, None, own, outcomes))
        scores = [score(mine, group) for mine in points]
        for kind, name, marked in marks(world, group, points, scores):
            own = [outcome for outcome, is_marked in zip(outcomes, marked, strict=True) if is_marked]
            measures = {
                "precision": known(precision_score(outcomes, marked, zero_division=float("nan"))),
                "recall": known(recall_score(outcomes, marked, zero_division=float("nan"))),
            }
            rows.append(part(group, kind, None, name, own, outcomes) | measures)
    return rows


def marks(world, group, points, scores):
    """Which contacts each contact trigger and band of a score marks."""
    for trigger in world.book.triggers:
        if trigger.scope == "contact" and trigger.group is group:
            is_down = trigger.direction == "down"
            yield "trigger", trigger.trigger_id, [(mine < trigger.threshold) == is_down for mine in points]
    for name in {name for _, name in group.bands}:
        least = min(each for each, one in group.bands if one == name)
        yield "band", name, [mine >= least for mine in scores]


def part(group, kind, decile, name, own, outcomes):
    """The figures of some of the contacts."""
    rate, all_rate = sum(own) / len(own) if own else None, sum(outcomes) / len(outcomes)
    return {
        "score_group": group.name,
        "part": kind,
        "decile": decile,
        "threshold_id": name,
        "contacts": len(own),
        "conversions": sum(own),
        "conversion_rate": rate,
        "lift": rate / all_rate if own and all_rate else None,
    } | dict.fromkeys(("auc", "auc_low", "auc_high", "precision", "recall", "reported_contacts", "auc_unreported"))


def known(number):
    """A number, None where there is none."""
    return None if isnan(number) else float(number)


def auc(points, outcomes):
    """The area under the ROC curve; None where all have the same outcome."""
    return float(roc_auc_score(outcomes, [float(mine) for mine in points])) if len(set(outcomes)) == 2 else None


def interval(points, outcomes):
    """Its 95 % interval by DeLong, pair by pair."""
    ones = [mine for mine, outcome in zip(points, outcomes, strict=True) if outcome]
    others = [mine for mine, outcome in zip(points, outcomes, strict=True) if not outcome]
    if min(len(ones), len(others)) < 2:
        return None, None
    wins = [[(one > other) + (one == other) / 2 for other in others] for one in ones]
    placements = (
        [sum(row) / len(row) for row in wins],
        [sum(column) / len(column) for column in zip(*wins, strict=True)],
    )
    middle = sum(placements[0]) / len(ones)
    variance = sum(sum((each - middle) ** 2 for each in side) / (len(side) - 1) / len(side) for side in placements)
    margin = norm.ppf(0.975) * sqrt(variance)
    return max(middle - margin, 0), min(middle + margin, 1)


def rule_performance(world):
    """Every rule: who had met it at the cut-off, who converts, the lift with its interval, and what it should give."""
    judged, cutoff = judged_contacts(world), world.as_of - HORIZON
    rows, rules = [], []
    for rule in [*world.book.event_rules, *world.book.attribute_rules]:
        awards = [times_met(world, contact, rule, cutoff) for contact, *_ in judged]
        met = [times is not None for times in awards]
        sides = [
            [is_converted for (_, is_converted, _), one in zip(judged, met, strict=True) if one is side]
            for side in (True, False)
        ]
        rows.append({"rule_id": rule.rule_id, **compared(*sides)})
        rules.append(rows[-1] | {"points": float(rule.points), "scale": scale_of(rule), "awards": mean_awards(awards)})
    return [row | advice for row, advice in zip(rows, suggestions.judged(rules), strict=True)]


def times_met(world, contact, rule, cutoff):
    """How many times a contact got the points of a rule by the cut-off, and how many times it used it; None: never."""
    if isinstance(rule, AttributeRule):
        values = attribute_values(contact, rule, world.given) or []
        held = [value for moment, value in values if moment <= cutoff][-1:]
        return (1, 1) if held and holds(rule.operator, held[0], rule.value) else None
    uses = [
        line.points
        for line in world.lines[contact.contact_id]
        if line.rule_id == rule.rule_id and line.line_kind in ("event", "idle")
        if line.effective_at <= cutoff and not line.is_excluded
    ]
    return (float(sum(uses) / rule.points) if rule.points else 0, len(uses)) if uses else None


def mean_awards(awards):
    """Mean number of times that a rule gave its points to those who met it; its uses where it gives none."""
    met = [times for times in awards if times is not None]
    total = sum(given for given, _ in met) or sum(used for _, used in met)
    return total / len(met) if met else None


def scale_of(rule):
    """The groups of the total share a scale; a gate without points has none."""
    if rule.group is None or (isinstance(rule, AttributeRule) and rule.disqualifies and not rule.points):
        return None
    return "total" if rule.group.in_total else f"group {rule.group.name}"


def compared(own, others):
    """Two groups of outcomes side by side."""
    lift = low = high = None
    if own and sum(others):
        risk = relative_risk(sum(own), len(own), sum(others), len(others))
        lift = float(risk.relative_risk)
        if sum(own):
            low, high = map(float, risk.confidence_interval())
    return {
        "contacts_with": len(own),
        "contacts_without": len(others),
        "conversions_with": sum(own),
        "conversions_without": sum(others),
        "conversion_with": sum(own) / len(own) if own else None,
        "conversion_without": sum(others) / len(others) if others else None,
        "lift": lift,
        "lift_low": low,
        "lift_high": high,
    }
