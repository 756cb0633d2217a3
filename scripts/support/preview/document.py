"""A preview as headings, sentences and tables, which each form of output then writes in its own way."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from support.console import counted
from support.preview import Preview
from support.preview.difference import NO_BAND
from support.show import number, signed

EDITS_SHOWN = 40
BAR = 30


@dataclass(frozen=True)
class Heading:
    """A title of what follows."""

    text: str


@dataclass(frozen=True)
class Sentence:
    """A line of text; a finding is one that stops the edit."""

    text: str
    is_finding: bool = False


@dataclass(frozen=True)
class Listing:
    """Lines that belong together."""

    lines: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Rows under the names of their columns; numbers stand on the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


# Of a rule: the points that it gives, before they fade and before the limits of the group and the total.
FACE_VALUE = "points at face value"

# Of one, and of several, in the order in which they are told.
BESIDES = {
    "stage": ("contact is in another stage", "contacts are in another stage"),
    "stages_gone": (
        "landed stage change is rejected, as its stage is no longer known",
        "landed stage changes are rejected, as their stage is no longer known",
    ),
    "stages_found": (
        "landed stage change is no longer rejected, as its stage is known now",
        "landed stage changes are no longer rejected, as their stage is known now",
    ),
    "disqualified": (
        "contact becomes disqualified, or no longer is",
        "contacts become disqualified, or no longer are",
    ),
    "grade": ("contact changes its grade", "contacts change their grade"),
    "stuck": ("stage visit becomes stuck, or no longer is", "stage visits become stuck, or no longer are"),
    "roles": (
        "account has other role-weighted points, at the same points",
        "accounts have other role-weighted points, at the same points",
    ),
    "completeness": ("account is more complete, or less", "accounts are more complete, or less"),
}

Block = Heading | Sentence | Listing | Table


def document(shown: Preview, groups: Sequence[str]) -> Iterator[Block]:
    """The whole preview; bands and movers of the first score that moves, or of the groups that are asked for."""
    yield Heading(f"Preview of {shown.scorebook} against {shown.against}, as of {shown.as_of} UTC")
    yield Heading("Edits")
    if not shown.edits:
        yield Sentence("None: both say the same, and nothing changes.")
        return
    yield Listing(shown.edits[:EDITS_SHOWN])
    if len(shown.edits) > EDITS_SHOWN:
        yield Sentence(f"and {len(shown.edits) - EDITS_SHOWN:,} more")
    if shown.changes is None:
        yield Sentence("No score, trigger, segment or account depends on them: nothing moves.")
        return
    yield from (Sentence(note) for note in shown.notes)
    for finding in shown.findings:
        yield Sentence(f"Too much: {finding}", is_finding=True)
    contacts = shown.changes["contacts"]
    everybody = counted(contacts["all"], "contact")
    yield Sentence(counted(contacts["moved"], f"of {everybody} moves.", f"of {everybody} move."))
    yield from map(lone_group, shown.changes["lone_groups"])
    if changed := shown.changes["besides"]:
        told = (counted(changed[name], *words) for name, words in BESIDES.items() if name in changed)
        yield Sentence(f"Besides: {'; '.join(told)}.")
    scores = shown.changes["scores"]
    accounts = {each["score_group"]: each for each in shown.changes["accounts"]}
    for score in [each for each in scores if each["score_group"] in groups] or scores[:1]:
        yield from score_blocks(score, accounts[score["score_group"]])
    others = [each for each in scores if each["score_group"] not in groups][0 if groups else 1 :]
    if others:
        changes = ", ".join(f"{each['label']} {each['band_changes']:,}" for each in others)
        yield Sentence(f"Contacts that change their band in other scores (--score-group shows one): {changes}")
    yield from trigger_blocks(shown.changes["triggers"])
    yield from segment_blocks(shown.changes["segments"])


def lone_group(group: dict[str, Any]) -> Sentence:
    """A score that only one side has."""
    state = "new: it has no scores before the edit" if group["is_new"] else "gone: it has no scores after the edit"
    return Sentence(f"The score group {group['score_group']} ({group['label']}) is {state}.")


def band_labels(bands: list[dict[str, Any]]) -> dict[str | None, str]:
    """What people call each band; two bands that they call the same are told apart by their names."""
    counts = Counter(row["label"] for row in bands)
    labels = {
        row["band"]: row["label"] if counts[row["label"]] == 1 else f"{row['label']} ({row['band']})" for row in bands
    }
    return labels | {None: NO_BAND}


def band_changes(bands: list[dict[str, Any]]) -> Iterator[Sentence]:
    """Bands that only one side has: whoever was in one that is gone changes its band, whatever becomes of its score."""
    gone = ", ".join(row["band"] for row in bands if not row["is_after"])
    new = ", ".join(row["band"] for row in bands if not row["is_before"])
    if gone or new:
        parts = [f"{names} {state}" for names, state in ((gone, "gone"), (new, "new")) if names]
        yield Sentence(
            f"Bands that only one side has: {'; '.join(parts)}. Who was in a band that is gone counts as changing its "
            "band, even where it only has another name."
        )


def score_blocks(score: dict[str, Any], accounts: dict[str, Any]) -> Iterator[Block]:
    """A score: bands, movers, distribution, accounts."""
    changes = counted(score["band_changes"], "contact changes its band", "contacts change their band")
    yield Heading(f"{score['label']}: {changes}")
    labels = band_labels(score["bands"])
    yield matrix_table(score["matrix"], labels)
    yield from band_changes(score["bands"])
    if score["movers"]:
        yield Heading(f"{score['label']}: who moves most, and the rule responsible")
        columns = ["contact", "score before", "score after", "band before", "band after", "because of", FACE_VALUE]
        yield Table(columns, [mover_row(row, labels) for row in score["movers"]])
    yield Heading(f"{score['label']}: distribution of scores")
    yield distribution(score)
    if accounts["all"]:
        moved = counted(accounts["moved"], f"of {accounts['all']:,} moves", f"of {accounts['all']:,} move")
        changes = counted(accounts["band_changes"], "changes its band", "change their band")
        yield Heading(f"{score['label']} of accounts: {moved}, {changes}")
        if accounts["band_changes"]:
            yield matrix_table(accounts["matrix"], labels)
        if accounts["movers"]:
            columns = ["account", "points before", "points after", "band before", "band after"]
            yield Table(columns, [account_row(row, labels) for row in accounts["movers"]])


def distribution(score: dict[str, Any]) -> Block:
    """Contacts by score, where both sides have the same scale."""
    scales = [score["scale"][side] for side in ("before", "after")]
    if scales[0] != scales[1]:
        was, now = ("{:g}–{:g}".format(*scale) for scale in scales)
        return Sentence(
            f"The scale has changed from {was} to {now}, so its tenths before and after cannot be compared."
        )
    most = max((max(row["before"], row["after"]) for row in score["distribution"]), default=0) or 1
    return Table(
        ["score", "before", "after", "change", "after the edit"],
        [
            [
                f"{row['score_from']:g} to {row['score_to']:g}",
                row["before"],
                row["after"],
                signed(row["after"] - row["before"]),
                "█" * round(BAR * row["after"] / most) or ("▏" if row["after"] else ""),
            ]
            for row in score["distribution"]
        ],
    )


def matrix_table(cells: list[dict[str, Any]], labels: dict[str | None, str]) -> Table:
    """From which band to which: rows before, columns after."""
    used = [band for band in labels if any(band in (cell["before"], cell["after"]) for cell in cells)]
    counts = {(cell["before"], cell["after"]): cell["count"] for cell in cells}
    grid = [[counts.get((before, after), 0) for after in used] for before in used]
    rows = [[labels[band], *row, sum(row)] for band, row in zip(used, grid, strict=True)]
    rows.append(["= after", *map(sum, zip(*grid, strict=True)), sum(counts.values())])
    return Table(["before \\ after", *(labels[band] for band in used), "= before"], rows)


def mover_row(row: dict[str, Any], labels: dict[str | None, str]) -> list[Any]:
    """A contact that moves."""
    return [
        row["contact_id"],
        number(row["score_before"]),
        number(row["score_after"]),
        labels.get(row["band_before"], row["band_before"]),
        labels.get(row["band_after"], row["band_after"]),
        f"{row['cause_label'] or row['cause']} ({row['cause']})" if row["cause"] else "-",
        signed(row["cause_points"]),
    ]


def account_row(row: dict[str, Any], labels: dict[str | None, str]) -> list[Any]:
    """An account that moves."""
    points = (number(row["points_before"]), number(row["points_after"]))
    bands = (labels.get(row[name], row[name]) for name in ("band_before", "band_after"))
    return [row["account_id"], *points, *bands]


def trigger_blocks(triggers: list[dict[str, Any]]) -> Iterator[Block]:
    """What would be sent, and who changes sides."""
    if not triggers:
        return
    yield Heading("Triggers: what each would send once, and who stands above its threshold")
    columns = [
        "trigger",
        "would send",
        "too old",
        "suppressed",
        "no longer",
        "above before",
        "after",
        "rise",
        "fall below",
    ]
    names = ("would_send", "stale", "suppressed", "gone", "above_before", "above_after", "rise", "fall")
    yield Table(columns, [[f"{row['trigger_id']}{state(row)}", *(row[name] for name in names)] for row in triggers])
    yield Sentence(
        "Would send: crossings of the last days that only the edited scorebook finds. The export holds them back as "
        "rescored, because the weights moved and not the contacts; --include-rescored lets them through, once."
    )
    if any(row["direction"] == "down" for row in triggers):
        yield Sentence(
            "(down): such a trigger tells of those that fall below its threshold; those that rise above it only arm it."
        )
    latest = [f"{row['trigger_id']}: {', '.join(map(sighting, row['latest']))}" for row in triggers if row["latest"]]
    falling = [f"{row['trigger_id']}: {', '.join(row['falling'])}" for row in triggers if row["falling"]]
    for title, lines in (("Would be sent, the latest first", latest), ("Fall below the threshold", falling)):
        if lines:
            yield Heading(title)
            yield Listing(lines)


def sighting(crossing: dict[str, Any]) -> str:
    """Who crossed, and when."""
    return f"{crossing['subject_id']} ({crossing['crossed_at']:%Y-%m-%d})"


def state(trigger: dict[str, Any]) -> str:
    """Which way a trigger watches, if not up, and whether it comes or goes."""
    way = " (down)" if trigger["direction"] == "down" else ""
    return way + (" (new)" if trigger["is_new"] else " (removed)" if trigger["is_removed"] else "")


def segment_blocks(segments: list[dict[str, Any]]) -> Iterator[Block]:
    """Who joins and leaves segments."""
    if segments:
        yield Heading("Segments")
        rows = [[row["label"], row["before"], row["joined"], row["left"], row["after"]] for row in segments]
        yield Table(["segment", "before", "join", "leave", "after"], rows)
