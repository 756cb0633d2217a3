"""Learn from builds which contacts will convert: read their training rows, refuse what would give the outcome away, fit
a logistic regression and calibrate it. What is learned is a table of weights that SQL applies.

The features are computed by models/insight alone: what was learned from and what is predicted from are the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from support.console import CannotRun
from support.database import moment_of, opened

LEAST = 50  # contacts of each outcome; fewer teach their own names
LEAST_HOLDERS = 0.02  # share of the contacts that must have a feature
TELL_TALE = 0.98  # AUC, or share of those who have it that convert, above which a feature is the outcome itself
LEAST_TELLING = 20  # contacts that must have it to say so
TOO_COMMON = 0.9  # share of contacts that convert above which that says nothing
FOLDS = 5
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0)  # of the freedom that the weights get; chosen by cross-validation
NOT_WORTH_IT = 0.005  # AUC that is no reason for more freedom: contacts of another year are less alike than these
TIERS = {"1": 0.75, "2": 0.5, "3": 0.25}  # share of the contacts learned from that are less probable

CONTACTS = """
    create temporary table training_contacts as
    select
        row_number() over (order by contacts.cutoff_at, contacts.contact_id) - 1 as place,
        contacts.cutoff_at,
        contacts.contact_id,
        contacts.is_converted,
        contacts.contact_id in (select contact_id from internal.int_first_conversions) as is_ever_converted,
        cutoffs.horizon_ends_at
    from internal.int_contacts_cut as contacts
    inner join internal.int_cutoffs as cutoffs on contacts.cutoff_at = cutoffs.cutoff_at and cutoffs.is_training
"""
FEATURES = """
    create temporary table training_features as
    select contacts.place, features.feature, features.feature_value
    from internal.int_features as features
    inner join training_contacts as contacts
        on features.cutoff_at = contacts.cutoff_at and features.contact_id = contacts.contact_id
"""
LABELS = """
    select 'times: ' || rule_id, label || ' (how often)' from internal.int_rule_labels
    union all select 'recent: ' || rule_id, label || ' (lately)' from internal.int_rule_labels
    union all select 'points: ' || rule_id, label || ' (by points)' from internal.int_rule_labels
    union all select 'group: ' || score_group, label || ' (points of the group)' from internal.stg_score_groups
    union all select 'holds: ' || rule_id, label from internal.int_rule_labels
    union all select 'stage: ' || stage, 'Is in the stage ' || label from internal.stg_stages
    union all select 'days: known', 'Has been known for long'
    union all select 'days: silent', 'Has been silent for long'
"""
# The group that an attribute's points are part of.
GROUPS = """
    select 'holds: ' || rule_id, 'group: ' || score_group from internal.stg_attribute_weights
    where points != 0 and score_group is not null
"""
# Stages that most converted contacts reached no sooner than they converted.
STAGES_AFTER = """
    with entries as (
        select visits.stage, visits.contact_id, min(visits.entered_at) as entered_at
        from internal.int_stage_visits_numbered as visits where visits.stage is not null group by all
    )
    select 'stage: ' || entries.stage
    from entries inner join internal.int_first_conversions as conversions on entries.contact_id = conversions.contact_id
    group by entries.stage
    having 2 * count(case when entries.entered_at >= conversions.converted_at then 1 end) >= count(*)
"""
# Attributes that changed with the conversion, for most of the converted contacts that have a history of them, or for
# most of the accounts of converted contacts.
ATTRIBUTES_SET = """
    with converted as (
        select 'contact' as entity, contact_id as entity_id, converted_at from internal.int_first_conversions
        union all
        select 'account', contacts.known_account_id, conversions.converted_at
        from internal.int_first_conversions as conversions
        inner join internal.int_contacts_known as contacts using (contact_id)
        where contacts.known_account_id is not null
    ),
    changes as (
        select
            changes.entity,
            changes.attribute,
            converted.entity_id,
            max(changes.changed_at >= converted.converted_at
                and changes.changed_at < converted.converted_at + interval 1 day) as is_set
        from internal.stg_attribute_changes as changes
        inner join converted
            on changes.entity = converted.entity
            and coalesce(changes.contact_id, changes.entity_id) = converted.entity_id
        where changes.verdict = 'used'
        group by all
    ),
    attributes as (
        select entity, attribute from changes group by all having 2 * count(case when is_set then 1 end) >= count(*)
    )
    select 'holds: ' || rules.rule_id
    from internal.stg_attribute_weights as rules
    inner join attributes on rules.entity = attributes.entity and rules.attribute = attributes.attribute
"""


@dataclass
class TrainingRows:
    """What builds know at the training cut-offs, a row for each contact and cut-off; what a contact lacks is 0."""

    contacts: list[str]
    outcomes: np.ndarray
    ever_converted: np.ndarray
    features: dict[str, np.ndarray]
    labels: dict[str, str]
    refused: dict[str, str]
    learned_until: datetime
    groups: dict[str, str] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: list[TrainingRows]) -> TrainingRows:
        """The rows of several builds, one below the other. Who has the same id in two of them is one contact, whose
        outcome no model may know that judges it; two who share an id by chance are merely left out together."""
        names = sorted({name for part in parts for name in part.features})
        return cls(
            [contact for part in parts for contact in part.contacts],
            np.concatenate([part.outcomes for part in parts]),
            np.concatenate([part.ever_converted for part in parts]),
            {name: np.concatenate([part.values(name) for part in parts]) for name in names},
            {name: label for part in parts for name, label in part.labels.items()},
            {name: reason for part in parts for name, reason in part.refused.items()},
            max(part.learned_until for part in parts),
            {name: group for part in parts for name, group in part.groups.items()},
        )

    @property
    def converted(self) -> set[str]:
        """The contacts that converted after one of the cut-offs."""
        return {contact for contact, outcome in zip(self.contacts, self.outcomes, strict=True) if outcome}

    def values(self, name: str) -> np.ndarray:
        """The values of a feature."""
        return self.features.get(name, np.zeros(len(self.outcomes)))


@dataclass(frozen=True)
class Model:
    """Weights of features, within the values they were learned from, and how good they were on contacts left out."""

    names: list[str]
    weights: np.ndarray
    intercept: float
    least: np.ndarray
    most: np.ndarray
    tiers: dict[str, float]
    auc: float


def read_rows(databases: list[Path]) -> TrainingRows:
    """The training rows of one or several builds."""
    parts = []
    for database in databases:
        with opened(database) as connection:
            parts.append(rows_of(connection))
    return TrainingRows.joined(parts)


def rows_of(connection: duckdb.DuckDBPyConnection) -> TrainingRows:
    """The training rows of a build."""
    connection.execute(CONTACTS)
    connection.execute(FEATURES)
    as_of = moment_of(connection)
    check_outcomes_are_known(connection, as_of)
    contacts = connection.execute(
        "select contact_id, is_converted, is_ever_converted from training_contacts order by place"
    ).fetchall()
    [(learned_until,)] = connection.execute("select max(horizon_ends_at) from training_contacts").fetchall()
    refused = {}
    for query, reason in (
        (STAGES_AFTER, "most contacts reach it as they convert, or after it"),
        (ATTRIBUTES_SET, "its attribute is set by the conversion"),
    ):
        refused |= {feature: reason for (feature,) in connection.execute(query).fetchall()}
    return TrainingRows(
        [contact for contact, *_ in contacts],
        np.array([outcome for _, outcome, _ in contacts], dtype=bool),
        np.array([ever for *_, ever in contacts], dtype=bool),
        dict(read_features(connection, len(contacts))),
        dict(connection.execute(LABELS).fetchall()),
        refused,
        learned_until or as_of,
        dict(connection.execute(GROUPS).fetchall()),
    )


def check_outcomes_are_known(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Refuse training cut-offs whose conversions are still to come."""
    early = "select cutoff_at, horizon_ends_at from training_contacts where horizon_ends_at > ? order by all limit 1"
    for cutoff_at, horizon_ends_at in connection.execute(early, [as_of]).fetchall():
        raise CannotRun(
            f"the outcomes of the training cut-off {cutoff_at} are not all known: its horizon ends at "
            f"{horizon_ends_at}, after {as_of}; choose an earlier one in training_cutoffs"
        )


def read_features(connection: duckdb.DuckDBPyConnection, contacts: int) -> Iterator[tuple[str, np.ndarray]]:
    """Each feature with its values, one per contact; one at a time, as together they may be many."""
    for (name,) in connection.execute("select distinct feature from training_features order by all").fetchall():
        found = connection.execute(
            "select place, feature_value from training_features where feature = ?", [name]
        ).fetchnumpy()
        values = np.zeros(contacts)
        values[found["place"]] = found["feature_value"]
        yield name, values


def check_size(rows: TrainingRows) -> None:
    """Refuse to learn from too little."""
    converted = len(rows.converted)
    others = len(set(rows.contacts)) - converted
    if converted < LEAST or others < LEAST:
        raise CannotRun(
            f"too little to learn from: {converted} contacts that converted within the horizon and {others} that did "
            f"not; at least {LEAST} of each are needed (training_cutoffs and outcome_horizon_days in dbt_project.yml "
            "say where to look)"
        )


def usable_features(rows: TrainingRows) -> list[str]:
    """The features that may be learned from. What tells the outcome all alone is refused by name as well."""
    for name in rows.features:
        reason = telling(name, rows)
        if reason and name not in rows.refused:
            rows.refused[name] = reason
    # The points of such an attribute give the outcome away inside its group, too.
    for name in sorted(rows.refused.keys() & rows.features.keys() & rows.groups.keys()):
        rows.refused.setdefault(rows.groups[name], f"the points of {name.removeprefix('holds: ')} are part of it")
    rows.refused = {name: reason for name, reason in sorted(rows.refused.items()) if name in rows.features}
    usable = [
        name
        for name, values in rows.features.items()
        if name not in rows.refused and (values != 0).mean() >= LEAST_HOLDERS
    ]
    if not usable:
        raise CannotRun("no feature is left to learn from: the scorebook has no rule that enough contacts meet")
    return usable


def telling(name: str, rows: TrainingRows) -> str | None:
    """Why a feature is the outcome in disguise; None if it is not.

    An attribute without history is known as it is now, so that conversions beyond the horizon give it away as well.
    """
    values = rows.values(name)
    for outcomes, what in ((rows.outcomes, "converts"), (rows.ever_converted, "converts sooner or later")):
        if outcomes.all() or not outcomes.any():
            continue
        alone = roc_auc_score(outcomes, values)
        if max(alone, 1 - alone) >= TELL_TALE:
            return f"it tells all alone who {what} (AUC {max(alone, 1 - alone):.3f})"
        for some, which in ((outcomes[values != 0], "have it"), (outcomes[values == 0], "do not have it")):
            is_rare = outcomes.mean() < TOO_COMMON and len(some) >= LEAST_TELLING
            if name.startswith("holds: ") and is_rare and some.mean() >= TELL_TALE:
                return f"{some.sum()} of {len(some)} contacts that {which} convert sooner or later"
    return None


def learn(rows: TrainingRows) -> Model:
    """Fit, and calibrate by what the model says of contacts that it has not seen (Platt)."""
    check_size(rows)
    names = usable_features(rows)
    values = np.column_stack([rows.values(name) for name in names])
    outcomes, groups = rows.outcomes, np.array(rows.contacts)
    unseen = {strength: unseen_log_odds(values, outcomes, groups, strength) for strength in STRENGTHS}
    aucs = {strength: roc_auc_score(outcomes, log_odds) for strength, log_odds in unseen.items()}
    strength = min(each for each in STRENGTHS if aucs[each] >= max(aucs.values()) - NOT_WORTH_IT)
    fitted = regression(strength).fit(values, outcomes)
    # A line through log-odds: folded into the weights, so that SQL needs no second step.
    slope, offset = platt(unseen[strength], outcomes)
    weights, intercept = slope * fitted.coef_[0], slope * fitted.intercept_[0] + offset
    probabilities = 1 / (1 + np.exp(-(values @ weights + intercept)))
    return Model(
        names,
        weights,
        float(intercept),
        values.min(axis=0).clip(max=0),
        values.max(axis=0).clip(min=0),
        {tier: float(np.quantile(probabilities, share)) for tier, share in TIERS.items()},
        float(aucs[strength]),
    )


def regression(strength: float) -> LogisticRegression:
    """The regression; its weights are drawn towards 0, the more the smaller the strength."""
    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)


def unseen_log_odds(values: np.ndarray, outcomes: np.ndarray, groups: np.ndarray, strength: float) -> np.ndarray:
    """What models say of each contact that were fitted without it."""
    log_odds = np.zeros(len(outcomes))
    for known, left_out in GroupKFold(FOLDS).split(values, outcomes, groups):
        limits = values[known].min(axis=0).clip(max=0), values[known].max(axis=0).clip(min=0)
        fitted = regression(strength).fit(values[known], outcomes[known])
        log_odds[left_out] = fitted.decision_function(values[left_out].clip(*limits))
    return log_odds


def platt(log_odds: np.ndarray, outcomes: np.ndarray) -> tuple[float, float]:
    """Slope and offset that turn log-odds into calibrated ones; a slope never turns them round."""
    fitted = LogisticRegression(C=1e6).fit(log_odds.reshape(-1, 1), outcomes)
    return max(float(fitted.coef_[0][0]), 0.0), float(fitted.intercept_[0])


def table_of(model: Model, rows: TrainingRows) -> list[dict[str, str]]:
    """The model as rows of prediction_weights.csv."""
    found = [{"part": "intercept", "feature": "intercept", "weight": f"{model.intercept:.6f}"}]
    found += [
        {
            "part": "feature",
            "feature": name,
            "label": rows.labels.get(name, name),
            "weight": f"{weight:.6f}",
            "least_value": f"{least:.6f}",
            "most_value": f"{most:.6f}",
        }
        for name, weight, least, most in zip(model.names, model.weights, model.least, model.most, strict=True)
    ]
    found += [
        {"part": "tier", "feature": tier, "label": f"Tier {tier}", "weight": f"{least:.6f}"}
        for tier, least in model.tiers.items()
    ]
    version = f"{rows.learned_until:%Y-%m-%d}-{hashlib.sha256(repr(found).encode()).hexdigest()[:8]}"
    return [{"model_version": version, "learned_until": f"{rows.learned_until.isoformat()}", **row} for row in found]
