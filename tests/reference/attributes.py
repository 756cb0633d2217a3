"""Section 3.9 of docs/scoring.md: lines from attributes, and the gates."""

from datetime import datetime

from .line import Line
from .values import holds


def attribute_values(contact, rule, given):
    """Rule 9: the (moment, value) pairs of the attribute; the first has held since ever.

    An attribute with rows in `attribute_changes` (at any time) takes its values from there alone and is unset before
    the first; any other has its table's value. None for an account rule of a contact without a known account.
    """
    owner = contact.row if rule.entity == "contact" else given.accounts.get(contact.account_id)
    if owner is None:
        return None
    changes = given.changes_of(rule.entity, owner.key(), rule.attribute)
    if not changes:
        return [(datetime.min, owner[rule.attribute])]
    moments = sorted({change.time for change in changes if change.time <= given.as_of})
    last = [max(change["value"] or "" for change in changes if change.time == moment) for moment in moments]
    return [(datetime.min, None), *zip(moments, last, strict=True)]


def attribute_lines(contact, rule, given):
    """Rule 9: a line at each moment the value begins to satisfy the rule, and its reversal when it ceases to."""
    lines, satisfied = [], False
    for moment, value in attribute_values(contact, rule, given) or []:
        if holds(rule.operator, value, rule.value) != satisfied:
            satisfied = not satisfied
            at = max(moment, contact.created_at)
            points = rule.points if satisfied else -rule.points
            lines.append(Line(contact.contact_id, rule.group, "attribute", rule.rule_id, None, None, at, at, points))
    return lines if rule.points != 0 else []


def gates(contact, given, book):
    """The rules with `disqualifies` that hold for a contact at `as_of`, by rule_id."""
    found = []
    for rule in sorted(book.attribute_rules, key=lambda rule: rule.rule_id):
        values = attribute_values(contact, rule, given)
        if rule.disqualifies and values and holds(rule.operator, values[-1][1], rule.value):
            found.append(rule)
    return found
