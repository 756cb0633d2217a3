"""Random scorebooks that section 2 of docs/scoring.md accepts."""

import math

from .chance import DAY

HEADERS = {
    "score_groups": "score_group label category in_total min_points max_points full_points scale_min scale_max scale "
    "half_life_days decay_percent decay_every_days expires_after_days reset_on_stage_change account_rollup",
    "event_weights": "rule_id label score_group event_type channel asset points multiply_by max_awards per per_asset "
    "min_count count_days idle_days expires_after_days valid_from valid_to",
    "rule_conditions": "rule_id field operator value",
    "attribute_weights": "rule_id label score_group entity attribute operator value points disqualifies",
    "event_exclusions": "rule_id label event_type channel reason",
    "score_bands": "score_group min_score band label color",
    "stages": "stage position label ready_points interactions_expected",
    "triggers": "trigger_id label scope score_group stage direction threshold hysteresis repeat active_from action "
    "target",
    "manual_adjustments": "adjustment_id contact_id score_group points reason adjusted_by adjusted_at expires_at",
    "segments": "segment label score_group min_score max_score",
    "buying_roles": "buying_role weight required_members",
    "prediction_weights": "model_version learned_until part feature label weight least_value most_value",
    "health_states": "state position label min_silent_days min_change_7d max_change_7d min_change_30d max_change_30d "
    "churn_risk action",
}
OPTIONAL_FILES = [name for name in HEADERS if name not in ("score_groups", "event_weights")]
HEADERS = {name: columns.split() for name, columns in HEADERS.items()}

EVENT_TYPES = ("visit", "click", "form", "open", "unsubscribe")
CHANNELS = ("email", "web", "app")
ASSETS = ("pricing page", "ebook", "café")
STAGES = ("subscriber", "lead", "qualified", "customer")
ROLES = ("decision maker", "user", "buyer")
THRESHOLDS = ("-4", "-2", "0", "0.5", "1", "2", "2.5", "3", "5", "7", "1e1", "12.25", "15", "20", "40", "60.5")
BANDS = (
    [],
    [("2", "high")],
    [("0", "C"), ("4", "B"), ("60.5", "A")],
    [("-1", "low"), ("33.33", "mid"), ("100", "top")],
    [("0", "C"), ("4", "B"), ("20", "A"), ("60.5", "A")],
)
CONDITIONS = {
    "minutes": [("gt", "2"), ("gte", "2.5"), ("lt", "1e1"), ("lte", "0"), ("between", "1|5"), ("is_present", None)],
    "plan": [("equals", "Pro"), ("not_equals", "pro"), ("in", "free|Pro"), ("not_in", "free|trial"), ("gt", "3"),
             ("contains", "r"), ("starts_with", "Fr"), ("ends_with", "al"), ("is_missing", None)],
    "is_bot": [("equals", "true"), ("not_equals", "TRUE"), ("is_missing", None)],
    "tags": [("contains", '"b"'), ("equals", '["a","b"]'), ("is_present", None)],
    "time.on page": [("gte", "30"), ("between", "-5|30"), ("is_missing", None)],
    "it's \"x\".$1": [("equals", "a,b"), ("is_missing", None), ("gt", "1")],
    "channel": [("in", "email|app"), ("is_missing", None), ("not_equals", "web")],
    "asset": [("contains", "E"), ("equals", "Pricing Page"), ("is_present", None)],
}  # fmt: skip
ATTRIBUTES = {
    "contact": {
        "Job Title": [("contains", "manager"), ("equals", "student"), ("is_missing", None), ("not_equals", "Intern"),
                      ("starts_with", "Head"), ("not_in", "student|intern"), ("is_present", None)],
        "employees": [("gte", "100"), ("between", "10|100"), ("lt", "10"), ("is_missing", None), ("gt", "-1")],
        "buying_role": [("in", "user|Buyer"), ("is_present", None)],
        "email": [("ends_with", "rival.example"), ("is_missing", None)],
        "nowhere": [("is_missing", None), ("not_equals", "x"), ("equals", "x")],
        "job title": [("is_missing", None), ("equals", "Manager")],
    },
    "account": {
        "industry": [("equals", "Retail"), ("in", "retail|banking"), ("is_missing", None), ("not_equals", "retail")],
        "tier": [("lte", "2"), ("gt", "2"), ("is_present", None)],
        "domain": [("ends_with", ".example"), ("is_missing", None)],
    },
}  # fmt: skip


class ScorebookMaker:
    """Makes one random scorebook."""

    def __init__(self, chance, contact_ids):
        self.chance, self.contact_ids = chance, contact_ids
        self.files = {name: [] for name in HEADERS}
        self.plain, self.all = [], []
        self.groups()
        for number in range(chance.number(8, 14)):
            self.event_rule(f"r{number:02}")
        for number in range(chance.number(0, 3)):
            self.exclusion(f"x{number:02}")
        for number in range(chance.number(2, 6)):
            self.attribute_rule(f"t{number:02}")
        for number in range(chance.sometimes(0.8, 12, 0)):
            self.adjustment(f"m{number:02}")
        self.rest()
        if chance.sometimes(0.06, True):
            for name in OPTIONAL_FILES:
                self.files[name].clear()
        if chance.sometimes(0.02, True):
            self.files = {name: [] for name in HEADERS} | {"score_groups": self.files["score_groups"][:1]}

    def add(self, file, **cells):
        """One row of a file; numbers become text."""
        self.files[file].append({name: None if cells.get(name) is None else str(cells[name]) for name in HEADERS[file]})

    def groups(self):
        """The total, a fit group, and two to four others of every kind."""
        chance = self.chance
        self.add("score_groups", score_group="total", **self.limits(), **self.scale())
        self.group("fit", chance.sometimes(0.85, "fit"), is_plain=True)
        names = ["engagement", "product_a", "product_b", "journey", "mail"]
        for name in names[: chance.number(2, 5)]:
            self.group(name, "engagement" if name == "engagement" else chance.one(["topic", "channel", None]))

    def limits(self):
        """Limits of points."""
        chance = self.chance
        low = chance.one([None, None, None, "0", "-5", "-10.5", "5", "7.5"])
        high = chance.one([None, None, None, "20", "20", "60.5", "60.5", "0"])
        return {"min_points": low, "max_points": None if low and high and float(low) > float(high) else high}

    def scale(self):
        """How points become a score."""
        chance = self.chance
        low, high = chance.one([(None, None), ("0", "100"), ("1", "10"), (None, "5")])
        return {
            "full_points": chance.one([None, "10", "33", "50.5"]),
            "scale": chance.one([None, "linear", "Sqrt"]),
            "scale_min": low,
            "scale_max": high,
        }

    def group(self, name, category, is_plain=False):
        """One group, with every way to lose points unless it is plain."""
        chance, cells = self.chance, {}
        if not is_plain:
            fading = chance.one(["half_life", "decay", None])
            if fading == "half_life":
                cells["half_life_days"] = chance.one(["3", "7.5", "30"])
            if fading == "decay":
                cells["decay_percent"] = chance.one(["25", "30", "33.3", "100", "12.5"])
                cells["decay_every_days"] = chance.one(["1", "7", "0.5", "10"])
            cells["expires_after_days"] = chance.sometimes(0.4, chance.one(["3", "14", "28", "2.25"]))
            cells["reset_on_stage_change"] = chance.sometimes(0.35, chance.one(["true", "YES", "1"]), "no")
        self.add(
            "score_groups", score_group=name, label=f"Score of {name}", category=category,
            in_total=chance.one(["true", "t", "Yes", "1", "false", None]),
            account_rollup=chance.one(["sum", "mean", "max", None]), **cells, **self.limits(), **self.scale(),
        )  # fmt: skip
        self.all.append(name)
        if set(cells.values()) <= {None, "no"}:
            self.plain.append(name)

    def event_rule(self, rule_id):
        """One rule with one to three of the ways to limit it."""
        chance = self.chance
        cells = {}
        for trick in chance.random.sample(["cap", "frequency", "idle", "multiply", "expiry", "valid", None], 2):
            if trick == "cap":
                cells["max_awards"] = chance.number(1, 3)
                cells["per"] = chance.one(["day", "Week", "month", "stage", "ever", None])
                cells["per_asset"] = chance.one(["true", "f", None])
            if trick == "frequency":
                cells["min_count"] = chance.number(2, 3)
                cells["count_days"] = chance.one(["1", "3", "7", "0.5", None])
            if trick == "idle":
                cells["idle_days"] = chance.one(["1", "3", "7", "30", "0.25"])
            if trick == "multiply":
                cells["multiply_by"] = chance.one(["minutes", "time.on page", "plan"])
            if trick == "expiry":
                cells["expires_after_days"] = chance.one(["1", "7", "20.5"])
            if trick == "valid":
                first, last = sorted([chance.moment(), chance.moment()])
                cells["valid_from"] = chance.sometimes(0.7, chance.stamp(first, bad=0))
                cells["valid_to"] = chance.sometimes(0.7, chance.stamp(last, bad=0))
        self.add(
            "event_weights", rule_id=rule_id, label=chance.sometimes(0.7, f"Label of {rule_id}"),
            score_group=chance.messy(chance.one(self.all)), event_type=chance.messy(chance.one(EVENT_TYPES)),
            channel=chance.sometimes(0.25, chance.messy(chance.one(CHANNELS))),
            asset=chance.sometimes(0.2, chance.messy(chance.one(ASSETS))),
            points=chance.one(["1", "3", "5", "-2", "2.5", "0", "0.1234567", "-4", "1e1"]), **cells,
        )  # fmt: skip
        for _ in range(chance.one([0, 0, 0, 1, 2])):
            self.condition(rule_id)

    def condition(self, rule_id):
        """One condition on a rule or exclusion."""
        field = self.chance.one(list(CONDITIONS))
        operator, value = self.chance.one(CONDITIONS[field])
        self.add("rule_conditions", rule_id=rule_id, field=field, operator=self.chance.messy(operator), value=value)

    def exclusion(self, rule_id):
        """One exclusion; without event type and channel it has a condition."""
        chance = self.chance
        event_type, channel = chance.sometimes(0.6, chance.one(EVENT_TYPES)), chance.sometimes(0.3, "App")
        self.add(
            "event_exclusions",
            rule_id=rule_id,
            event_type=event_type,
            channel=channel,
            reason=chance.one([f"why {rule_id}", "Machine, not a person", "cap"]),
        )
        for _ in range(chance.number(1, 2)):
            self.condition(rule_id)

    def attribute_rule(self, rule_id):
        """One attribute rule or gate."""
        chance = self.chance
        entity = chance.one(["contact", "contact", "account"])
        attribute = chance.one(list(ATTRIBUTES[entity]))
        operator, value = chance.one(ATTRIBUTES[entity][attribute])
        is_gate = chance.sometimes(0.25, "true")
        group, points = chance.messy(chance.one(self.plain)), chance.one(["10", "-5", "2.5", "0"])
        if is_gate and chance.sometimes(0.5, True):
            group = points = None
        self.add(
            "attribute_weights", rule_id=rule_id, label=f"Label of {rule_id}", score_group=group,
            entity=chance.messy(entity), attribute=attribute, operator=chance.messy(operator), value=value,
            points=points, disqualifies=is_gate,
        )  # fmt: skip

    def adjustment(self, adjustment_id):
        """One correction by hand, now and then of an unknown contact or later than as_of."""
        chance = self.chance
        at = chance.landing()
        until = at + DAY * chance.one([0, 1, 2.5, 40])
        self.add(
            "manual_adjustments", adjustment_id=adjustment_id, contact_id=chance.one(self.contact_ids),
            score_group=chance.messy(chance.one(self.all)), points=chance.one(["7", "-3.5", "12.25"]),
            reason=f'Met "Ann", {adjustment_id}', adjusted_by="ops@vendor.example",
            adjusted_at=chance.stamp(at, bad=0), expires_at=chance.sometimes(0.4, chance.stamp(until, bad=0)),
        )  # fmt: skip

    def health_states(self):
        """States of health with a few conditions each, in no order."""
        chance = self.chance
        names = chance.random.sample(["rising", "steady", "Cooling", "dormant"], chance.number(0, 4))
        for position, state in zip(chance.random.sample(range(9), len(names)), names, strict=True):
            low, high = sorted(chance.random.sample([-100, -50, -12.5, 0, 12.5, 50, 100], 2))
            self.add(
                "health_states", state=state, position=position, churn_risk=chance.one(["low", " HIGH ", None]),
                min_silent_days=chance.one([None, None, "3", "10.5"]), max_change_7d=chance.one([None, None, "0"]),
                min_change_30d=chance.sometimes(0.5, low), max_change_30d=chance.sometimes(0.5, high),
            )  # fmt: skip

    def triggers(self):
        """Triggers of every scope, with thresholds near the points that the rules give and that can be reached."""
        chance = self.chance
        stages = [row["stage"] for row in self.files["stages"]]
        for number in range(chance.sometimes(0.93, chance.number(8, 16), 0)):
            scope, direction = chance.one(["contact", "stage", "account"]), chance.one(["up", "down"])
            group, hysteresis = chance.one(self.files["score_groups"]), chance.one([None, None, "0", "1", "2.5"])
            least, most = self.reach(scope, group)
            back = float(hysteresis or 0) if direction == "down" else 0
            near = [text for text in THRESHOLDS if float(text) + back <= most]
            near = [text for text in near if direction == "up" or float(text) > least]
            if near:
                self.add(
                    "triggers", trigger_id=f"g{number:02}", label=f"Label of g{number:02}", scope=chance.messy(scope),
                    score_group=chance.sometimes(scope != "stage", chance.messy(group["score_group"])),
                    stage=chance.messy(chance.one([None, *stages])) if scope == "stage" else None,
                    direction=chance.messy(direction), threshold=chance.one(near), hysteresis=hysteresis,
                    repeat=chance.one([None, "once", "Every", "every"]),
                    active_from=chance.sometimes(0.25, chance.stamp(chance.moment(), bad=0)),
                    action=chance.one(["notify", "Start, now", None]), target=chance.one(["sales", None]),
                )  # fmt: skip

    def reach(self, scope, group):
        """Points that surely can be reached, least and most: by event rules that may earn again and again."""
        if group["score_group"] == "total" or scope == "stage":
            parts = [one for one in self.files["score_groups"] if one["in_total"] not in (None, "false")]
            ends = [self.earned(one, scope) if scope == "stage" else self.reach(scope, one) for one in parts]
            least, most = sum(low for low, _ in ends), sum(high for _, high in ends)
        else:
            least, most = self.earned(group, scope)
        if scope != "stage":
            low, high = (group[limit] for limit in ("min_points", "max_points"))
            least, most = (max(end, float(low)) if low else end for end in (least, most))
            least, most = (min(end, float(high)) if high else end for end in (least, most))
        return least, most

    def earned(self, group, scope):
        """Points without limits that the event rules of a group can give; no visit counts what is paid for silence."""
        name = group["score_group"]
        rules = [one for one in self.files["event_weights"] if one["score_group"].strip().lower() == name]
        endless = [one for one in rules if one["max_awards"] is None and not (scope == "stage" and one["idle_days"])]
        points = [float(one["points"]) for one in endless]
        return -math.inf if min(points, default=0) < 0 else 0, math.inf if max(points, default=0) > 0 else 0

    def rest(self):
        """Bands, stages, segments and buying roles."""
        chance = self.chance
        for name in ["total", *self.all]:
            for least, band in chance.one(BANDS):
                self.add("score_bands", score_group=chance.messy(name), min_score=least, band=chance.messy(band))
        if chance.sometimes(0.85, True):
            positions = chance.random.sample(range(1, 50), len(STAGES))
            for stage, position in zip(STAGES, positions, strict=True):
                ready = chance.one(["5", "12.5", None])
                guess = position % 4 / 2 or None
                self.add(
                    "stages", stage=stage, position=position, label=stage.title(), ready_points=ready,
                    interactions_expected=guess,
                )  # fmt: skip
        for segment in ("hot", "cold", "hot b2b"):
            for _ in range(chance.number(0, 2)):
                low, high = sorted(chance.random.sample([-5, 0, 1, 2.5, 5, 10, 20, 50, 100], 2))
                self.add(
                    "segments", segment=chance.messy(segment), score_group=chance.one(["total", *self.all]),
                    min_score=chance.sometimes(0.7, low), max_score=chance.sometimes(0.5, high),
                )  # fmt: skip
        for role in ROLES[: chance.one([0, 2, 3, 3])]:
            self.add(
                "buying_roles", buying_role=role, weight=chance.one(["3", "0.5", None, "0"]),
                required_members=chance.one(["1", "2", None]),
            )  # fmt: skip
