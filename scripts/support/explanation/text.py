"""An explanation as people read it."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from support.show import heading, number, signed, style_of, table

KINDS = {"expiry": "expires", "decay": "decays"}


def show(console: Console, told: dict[str, Any]) -> None:
    """Print the whole explanation."""
    first = told["scores"][0]
    labels = {score["score_group"]: score["label"] for score in told["scores"]}
    console.print(Text(f"{told['contact_id']}: {summary(first)}", style_of(first["band_color"])))
    console.print(Text(f"as of {told['as_of']} UTC" + described(told)))

    for score in told["scores"]:
        show_statement(console, score)
    for title, lines in (
        ("The last lines", told["latest_lines"]),
        ("What comes next if nothing more happens", told["next_lines"]),
    ):
        rows = [[day(line["at"]), labels[line["score_group"]], what(line), signed(line["points"])] for line in lines]
        if rows:
            table(console, title, ["when", "score", "what", "points"], rows, right=["points"])
    for fading in told["fades"]:
        console.print(
            Text(f"{labels[fading['score_group']]} loses half its points every {fading['half_life_days']:g} days.")
        )
    if told["withheld"]:
        columns = ["rule", "why", "events", "points withheld", "last"]
        rows = [
            [held["label"], held["reason"], held["events"], number(held["points"], 6), day(held["last_at"])]
            for held in told["withheld"]
        ]
        table(console, "What was withheld", columns, rows, right=["points withheld"])

    heading(console, "How far to the next band and trigger")
    for score in told["scores"]:
        if way := band_way(score):
            console.print(Text(f"{score['label']}: {way}"), soft_wrap=True)
    for trigger in told["triggers"]:
        console.print(Text(f"{trigger['label']} ({trigger['trigger_id']}): {trigger_way(trigger)}"), soft_wrap=True)
    if told["other_scores"]:
        heading(console, "Other scores (--score-group NAME explains one)")
        for score in told["other_scores"]:
            console.print(Text(f"{score['score_group']}: {summary(score)}"))


def described(told: dict[str, Any]) -> str:
    """What else is known of the contact."""
    parts = [f"stage {told['stage']}"] if told["stage"] else []
    parts += [f"grade {told['grade']}"] if told["grade"] else []
    parts += [f"account {told['account_id']}"] if told["account_id"] else []
    parts += [f"DISQUALIFIED: {told['disqualified_reason']}"] if told["is_disqualified"] else []
    parts += ["OPTED OUT"] if told["is_opted_out"] else []
    return "".join(f", {part}" for part in parts)


def summary(score: dict[str, Any]) -> str:
    """A score in a line."""
    scale = f"{number(score['score'])} on a scale of {score['scale_min']:g} to {score['scale_max']:g}"
    band = score["band_label"] or "no band"
    return f"{score['label']} {scale}, {band} ({number(score['points'])} points)"


def show_statement(console: Console, score: dict[str, Any]) -> None:
    """Print what adds up to a score, with its sum; as many decimals as it takes to add up."""
    lines = [line for line in score["statement"] if line["points"]]
    lines.sort(key=lambda line: (line["line"] != "awarded", -line["points"] if line["line"] == "awarded" else 0))
    values = [line["points"] for line in lines] + [score["points"]]
    digits = max(decimals(value) for value in values)
    rows = [[line["label"], f"{line['points']:,.{digits}f}", awards(line)] for line in lines]
    rows.append(["= " + score["label"], f"{score['points']:,.{digits}f}", ""])
    table(console, f"Why {summary(score)}", ["what", "points", "awards"], rows, right=["points", "awards"])


def awards(line: dict[str, Any]) -> str:
    """How often a rule awarded."""
    return "" if line["awards"] is None else f"{line['awards']:,}"


def decimals(value: float) -> int:
    """Decimals that a number of at most 6 has."""
    return len(f"{value:.6f}".rstrip("0").split(".")[1])


def day(moment: datetime) -> str:
    """A moment to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def what(line: dict[str, Any]) -> str:
    """What a line is about."""
    asset = f" ({line['asset']})" if line["asset"] and line["kind"] == "event" else ""
    return f"{line['label']}{asset}" + (f": {KINDS[line['kind']]}" if line["kind"] in KINDS else "")


def band_way(score: dict[str, Any]) -> str:
    """The way to the band above and out of the own band."""
    parts = []
    if score["points_missing"] is not None:
        parts.append(f"{number(score['points_missing'])} points to {score['next_band']}")
    elif score["band"]:
        parts.append("in its highest band")
    if score["falls_below"]:
        limit, at = score["falls_below"]["score"], score["falls_below"]["at"]
        parts.append(f"{falling(at, limit)} ({score['band_label']})")
    return "; ".join(parts)


def falling(at: datetime | None, limit: float, what: str = "") -> str:
    """When points or a score fall below a limit."""
    limit = f"{limit:g}{' ' if what else ''}{what}"
    if at is None:
        return f"stays at or above {limit} for ten years if nothing more happens"
    return f"falls below {limit} on {at:%Y-%m-%d} if nothing more happens"


def trigger_way(trigger: dict[str, Any]) -> str:
    """The way to a trigger's threshold."""
    limit, at = f"{trigger['threshold']:g}", trigger["falls_below_at"]
    fired = f"; fired last on {day(trigger['fired_at'])}" if trigger["fired_at"] else ""
    is_silent = trigger["repeat"] == "once" and trigger["fired_at"]
    where = "points of this stage visit" if trigger["scope"] == "stage" else "points"
    if is_silent:
        return f"told once already, on {day(trigger['fired_at'])}"
    if trigger["direction"] == "down":
        if trigger["points_missing"]:
            return f"below {limit} {where}" + fired
        return f"{falling(at, trigger['threshold'], where)}" + fired
    if trigger["points_missing"]:
        return f"{number(trigger['points_missing'])} of {limit} {where} missing" + fired
    until = f", {falling(at, trigger['threshold'])}" if trigger["scope"] == "contact" else ""
    again = (
        f"; arms again below {trigger['threshold'] - trigger['hysteresis']:g}" if trigger["repeat"] == "every" else ""
    )
    return f"at or above {limit} {where}{until}" + fired + again
