"""What a rule should be worth, going by outcomes: the formulas of docs/evaluation.md, one after the other."""

from math import log, sqrt

from scipy.stats import chi2_contingency


def judged(rules):
    """Suggested points and a verdict for rules that say `points`, `scale` (None: gives no points), how many times a
    contact that met the rule got them (`awards`), and the four counts of contacts and conversions."""
    fit = [rule for rule in rules if rule["scale"] and rule["contacts_with"] and rule["contacts_without"]]
    given, told = {}, {}
    for rule in fit:
        scale = rule["scale"]
        given[scale] = given.get(scale, 0) + abs(rule["points"] * rule["awards"] * rule["contacts_with"])
        told[scale] = told.get(scale, 0) + abs(drawn(rule)) * rule["contacts_with"]
    found = []
    for rule in rules:
        suggested = None
        if rule in fit and given[rule["scale"]] and told[rule["scale"]]:
            suggested = drawn(rule) * given[rule["scale"]] / told[rule["scale"]] / rule["awards"]
            suggested = round(suggested, 4)
        found.append({"suggested_points": suggested, "verdict": verdict(rule, suggested, log(max(len(fit), 1) / 0.05))})
    return found


def odds(rule):
    """Log-odds with and without, half a contact more in each of the four counts, and their standard error."""
    cells = table(rule)
    [one, other], [none, rest] = [[cell + 0.5 for cell in row] for row in cells]
    return log(one / other) - log(none / rest), sqrt(1 / one + 1 / other + 1 / none + 1 / rest)


def drawn(rule):
    """The log-odds drawn towards 0: l × l² ÷ (l² + e²)."""
    size, error = odds(rule)
    return size**3 / (size**2 + error**2)


def table(rule):
    """The contacts that convert and those that do not, with the rule and without."""
    return [
        [rule[f"conversions_{side}"], rule[f"contacts_{side}"] - rule[f"conversions_{side}"]]
        for side in ("with", "without")
    ]


def evidence(rule):
    """The log-likelihood ratio: half of G; nothing where all have the same outcome."""
    cells = table(rule)
    if not all(map(sum, zip(*cells, strict=True))):
        return 0
    return chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic / 2


def verdict(rule, suggested, least):
    """The verdict, where evidence must exceed the least."""
    if not rule["contacts_with"]:
        return "no evidence: no contact has it"
    if not rule["contacts_without"]:
        return "no evidence: every contact has it"
    if not rule["scale"]:
        return "gives no points: a gate"
    if evidence(rule) <= least:
        return "no evidence"
    size, points = odds(rule)[0], rule["points"]
    if suggested is not None and points * size > 0 and 0.5 <= suggested / points <= 2:
        return "earns its points"
    return "too few points" if (size if suggested is None else suggested) > points else "too many points"
