"""The scorebook: docs/scoring.md section 2. Names of groups and stages are compared as text, ids exactly."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .values import boolean, is_blank, normal, number, timestamp


@dataclass
class Group:
    """One score, or the row `total`."""

    name: str
    category: str | None
    in_total: bool
    min_points: Decimal | None
    max_points: Decimal | None
    full_points: Decimal
    scale_min: Decimal
    scale_max: Decimal
    scale: str
    half_life_days: Decimal | None
    decay_percent: Decimal | None
    decay_every_days: Decimal | None
    expires_after_days: Decimal | None
    reset_on_stage_change: bool
    account_rollup: str
    bands: list


@dataclass
class EventRule:
    """What an event is worth, with the rows of rule_conditions.csv."""

    rule_id: str
    label: str
    group: Group
    event_type: str
    channel: str | None
    asset: str | None
    points: Decimal
    multiply_by: str | None
    max_awards: Decimal | None
    per: str
    per_asset: bool
    min_count: Decimal
    count_days: Decimal | None
    idle_days: Decimal | None
    expires_after_days: Decimal | None
    valid_from: datetime | None
    valid_to: datetime | None
    conditions: list


@dataclass
class Exclusion:
    """Events that must not score."""

    rule_id: str
    event_type: str | None
    channel: str | None
    reason: str
    conditions: list


@dataclass
class AttributeRule:
    """What an attribute is worth; `disqualifies` marks a gate."""

    rule_id: str
    label: str
    group: Group | None
    entity: str
    attribute: str
    operator: str
    value: str
    points: Decimal
    disqualifies: bool


@dataclass
class Adjustment:
    """A correction by hand."""

    adjustment_id: str
    contact_id: str
    group: Group
    points: Decimal
    reason: str
    adjusted_at: datetime
    expires_at: datetime | None


@dataclass
class Trigger:
    """A threshold that is watched; what stage triggers say of a group does not matter."""

    trigger_id: str
    scope: str
    group: Group | None
    stage: str | None
    direction: str
    threshold: Decimal
    hysteresis: Decimal
    repeat: str
    active_from: datetime | None
    action: str | None
    target: str | None


@dataclass
class HealthState:
    """A state of health; its conditions are (measure, least, greatest)."""

    name: str
    position: Decimal
    churn_risk: str | None
    conditions: list


@dataclass
class Stage:
    """A stage of the journey."""

    name: str
    position: Decimal
    ready_points: Decimal | None
    interactions_expected: Decimal | None


@dataclass
class Limits:
    """One row of a segment."""

    group: Group
    min_score: Decimal | None
    max_score: Decimal | None


class Scorebook:
    """All files of a scorebook, read from rows of text."""

    def __init__(self, files):
        def rows(name):
            return [{k: None if is_blank(v) else v for k, v in row.items()} for row in files.get(name) or []]

        conditions = rows("rule_conditions")
        bands = rows("score_bands")
        self.groups = {normal(row["score_group"]): _group(row, bands) for row in rows("score_groups")}
        self.total = self.groups.pop("total")
        self.event_rules = [_event_rule(row, self.groups, conditions) for row in rows("event_weights")]
        self.exclusions = [_exclusion(row, conditions) for row in rows("event_exclusions")]
        self.attribute_rules = [_attribute_rule(row, self.groups) for row in rows("attribute_weights")]
        self.adjustments = [_adjustment(row, self.groups) for row in rows("manual_adjustments")]
        stages = [
            Stage(
                row["stage"].strip(" "),
                number(row["position"]),
                number(row.get("ready_points")),
                number(row.get("interactions_expected")),
            )
            for row in rows("stages")
        ]
        self.stages = {normal(stage.name): stage for stage in sorted(stages, key=lambda stage: stage.position)}
        self.triggers = [self._trigger(row) for row in rows("triggers")]
        self.segments = {}
        for row in rows("segments"):
            limits = Limits(self.group(row["score_group"]), number(row.get("min_score")), number(row.get("max_score")))
            name = _one_spelling(row["segment"], (each["segment"] for each in rows("segments")))
            self.segments.setdefault(normal(name), (name, []))[1].append(limits)
        self.health_states = sorted((_health_state(row) for row in rows("health_states")), key=lambda one: one.position)
        self.roles = {
            normal(row["buying_role"]): (_or(number(row.get("weight")), 1), _or(number(row.get("required_members")), 1))
            for row in rows("buying_roles")
        }

    def group(self, name):
        """The group of that name, `total` included."""
        return self.total if normal(name) == "total" else self.groups[normal(name)]

    def _trigger(self, row):
        scope = normal(row["scope"])
        return Trigger(
            trigger_id=row["trigger_id"],
            scope=scope,
            group=self.group(row["score_group"]) if scope != "stage" else None,
            stage=normal(row.get("stage")) if scope == "stage" else None,
            direction=normal(row["direction"]),
            threshold=number(row["threshold"]),
            hysteresis=_or(number(row.get("hysteresis")), 0),
            repeat=normal(row.get("repeat")) or "once",
            active_from=_time(row.get("active_from")),
            action=_trimmed(row.get("action")),
            target=_trimmed(row.get("target")),
        )

    def of_category(self, category):
        """The group that is engagement, or fit; None where there is none."""
        return next((group for group in self.groups.values() if group.category == category), None)

    def summed(self):
        """The groups in the total."""
        return [group for group in self.groups.values() if group.in_total]

    def label(self, rule_id):
        """What people read for a rule or an adjustment."""
        for rule in self.event_rules + self.attribute_rules:
            if rule.rule_id == rule_id:
                return rule.label
        return next(one.reason for one in self.adjustments if one.adjustment_id == rule_id)


def _or(value, default):
    return Decimal(default) if value is None else value


def _label(row):
    return (row.get("label") or row["rule_id"]).strip(" ")


def _one_spelling(name, names):
    """Of the spellings of a name the one that sorts first."""
    return min(each.strip(" ") for each in names if normal(each) == normal(name))


def _trimmed(text):
    return text and text.strip(" ")


def _time(text):
    return timestamp(text) if text else None


def _of(rule_id, conditions):
    return [(row["field"], row["operator"], row["value"]) for row in conditions if row["rule_id"] == rule_id]


def _group(row, bands):
    max_points = number(row.get("max_points"))
    own_bands = [band for band in bands if normal(band["score_group"]) == normal(row["score_group"])]
    return Group(
        name=row["score_group"].strip(" "),
        category=normal(row.get("category")),
        in_total=boolean(row.get("in_total")) or False,
        min_points=number(row.get("min_points")),
        max_points=max_points,
        full_points=_or(number(row.get("full_points")), max_points if (max_points or 0) > 0 else 100),
        scale_min=_or(number(row.get("scale_min")), 0),
        scale_max=_or(number(row.get("scale_max")), 100),
        scale=normal(row.get("scale")) or "linear",
        half_life_days=number(row.get("half_life_days")),
        decay_percent=number(row.get("decay_percent")),
        decay_every_days=number(row.get("decay_every_days")),
        expires_after_days=number(row.get("expires_after_days")),
        reset_on_stage_change=boolean(row.get("reset_on_stage_change")) or False,
        account_rollup=normal(row.get("account_rollup")) or "sum",
        bands=sorted(
            (number(band["min_score"]), _one_spelling(band["band"], (one["band"] for one in own_bands)))
            for band in own_bands
        ),
    )


def _event_rule(row, groups, conditions):
    return EventRule(
        rule_id=row["rule_id"],
        label=_label(row),
        group=groups[normal(row["score_group"])],
        event_type=normal(row["event_type"]),
        channel=normal(row.get("channel")),
        asset=normal(row.get("asset")),
        points=number(row["points"]),
        multiply_by=row.get("multiply_by"),
        max_awards=number(row.get("max_awards")),
        per=normal(row.get("per")) or "ever",
        per_asset=boolean(row.get("per_asset")) or False,
        min_count=_or(number(row.get("min_count")), 1),
        count_days=number(row.get("count_days")),
        idle_days=number(row.get("idle_days")),
        expires_after_days=number(row.get("expires_after_days")),
        valid_from=_time(row.get("valid_from")),
        valid_to=_time(row.get("valid_to")),
        conditions=_of(row["rule_id"], conditions),
    )


def _exclusion(row, conditions):
    return Exclusion(
        rule_id=row["rule_id"],
        event_type=normal(row.get("event_type")),
        channel=normal(row.get("channel")),
        reason=row["reason"].strip(" "),
        conditions=_of(row["rule_id"], conditions),
    )


def _attribute_rule(row, groups):
    return AttributeRule(
        rule_id=row["rule_id"],
        label=_label(row),
        group=groups[normal(row["score_group"])] if row.get("score_group") else None,
        entity=normal(row["entity"]),
        attribute=row["attribute"],
        operator=row["operator"],
        value=row.get("value"),
        points=_or(number(row.get("points")), 0),
        disqualifies=boolean(row.get("disqualifies")) or False,
    )


def _adjustment(row, groups):
    return Adjustment(
        adjustment_id=row["adjustment_id"],
        contact_id=row["contact_id"],
        group=groups[normal(row["score_group"])],
        points=number(row["points"]),
        reason=row["reason"].strip(" "),
        adjusted_at=timestamp(row["adjusted_at"]),
        expires_at=_time(row.get("expires_at")),
    )


def _health_state(row):
    measures = ("change_percent_7d", "7d"), ("change_percent_30d", "30d")
    conditions = [
        (name, number(row.get(f"min_change_{period}")), number(row.get(f"max_change_{period}")))
        for name, period in measures
    ]
    conditions.append(("days_silent", number(row.get("min_silent_days")), None))
    return HealthState(row["state"].strip(" "), number(row["position"]), normal(row.get("churn_risk")), conditions)
