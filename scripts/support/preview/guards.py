"""Guard rails: how much an edit may move before a preview ends with exit status 1."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from support.console import CannotRun, short
from support.scorebook.tables import Row, Scorebook, plain, suggestion
from support.yaml_file import Values, read_yaml

OTHER_FILE = "; change the file, or name another with --guards"


@dataclass(frozen=True)
class Guards:
    """What guards.yml says; without an entry there is no limit."""

    max_contacts_moved_percent: float | None = None
    max_band_change_percent: dict[str, float] = field(default_factory=dict)
    max_sends: float | None = None
    max_sends_of: dict[str, float] = field(default_factory=dict)
    stale_after_days: float = 7

    def unknown_names(self, *books: Scorebook) -> Iterator[tuple[str, str, str]]:
        """Bands and triggers that no scorebook has, so that their guard rails guard nothing: (entry, name, problem)."""
        bands = {f"{plain(row.get('score_group'))}.{plain(row.get('band'))}" for row in rows_of(books, "score_bands")}
        triggers = {row.get("trigger_id") for row in rows_of(books, "triggers")}
        for name in self.max_band_change_percent:
            if plain(name) not in bands:
                nearest = suggestion(plain(name), bands)
                yield "max_band_change_percent", name, f"'{name}' is no band of the scorebook{nearest}"
        for name in self.max_sends_of:
            if name not in triggers:
                nearest = suggestion(name, triggers)
                yield "max_sends_of", name, f"'{name}' is no trigger of the scorebook{nearest}"

    def insist_on_names(self, *books: Scorebook) -> None:
        """Refuse guard rails that guard nothing."""
        for entry, _, problem in self.unknown_names(*books):
            other = "" if problem.endswith("?") else OTHER_FILE
            raise CannotRun(f"guard rails: {entry}: {problem}{other}")

    def with_known_names(self, *books: Scorebook) -> tuple["Guards", list[str]]:
        """The guard rails that fit the scorebooks, and a note on each that is passed over."""
        kept = {"max_band_change_percent": dict(self.max_band_change_percent), "max_sends_of": dict(self.max_sends_of)}
        notes = []
        for entry, name, problem in self.unknown_names(*books):
            del kept[entry][name]
            notes.append(f"A guard rail was passed over: {entry}: {problem}")
        return replace(self, **kept), notes


def rows_of(books: tuple[Scorebook, ...], table: str) -> list[Row]:
    """The rows of a table in all of the scorebooks."""
    return [row for book in books for row in book[table].rows]


def load(file: Path) -> Guards:
    """Read guard rails; the first thing that is wrong becomes one sentence."""
    content = read_yaml(file, Values) or {}
    known = {each.name: each for each in fields(Guards)}
    if not isinstance(content, dict):
        raise CannotRun(f"{short(file)}: it must hold entries such as max_sends: 200")
    for name, value in content.items():
        if name not in known:
            raise CannotRun(f"{short(file)}: '{name}' is no guard rail{suggestion(str(name), known)}")
        is_by_name = name in ("max_band_change_percent", "max_sends_of")
        keys, values = (value.keys(), value.values()) if isinstance(value, dict) else ([], [value])
        is_well_formed = isinstance(value, dict) == is_by_name and all(isinstance(key, str) for key in keys)
        if not is_well_formed or not all(map(is_limit, values)):
            form = "entries of a name and a number" if is_by_name else "a number of at least 0"
            raise CannotRun(f"{short(file)}: {name}: it must be {form}")
    return Guards(**content)


def is_limit(value: object) -> bool:
    """Whether a value can be a limit."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def breaches(changes: dict[str, Any], guards: Guards) -> list[str]:
    """What goes beyond the guard rails, one sentence each."""
    found = []
    contacts = changes["contacts"]
    share = 100 * contacts["moved"] / max(contacts["all"], 1)
    if guards.max_contacts_moved_percent is not None and share > guards.max_contacts_moved_percent:
        found.append(f"{share:.1f} % of the contacts move, more than {guards.max_contacts_moved_percent:g} %")
    for name, limit in guards.max_band_change_percent.items():
        found += band_breaches(changes, name, limit)
    for trigger in changes["triggers"]:
        limit = guards.max_sends_of.get(trigger["trigger_id"], guards.max_sends)
        if limit is not None and trigger["would_send"] > limit:
            found.append(f"trigger {trigger['trigger_id']} would send {trigger['would_send']:,}, more than {limit:g}")
    return found


def band_breaches(changes: dict[str, Any], name: str, limit: float) -> list[str]:
    """Whether a band, named as group.band, gains or loses too many of its contacts."""
    group, _, band = plain(name).partition(".")
    for score in changes["scores"]:
        if score["score_group"] == group:
            before = sum(cell["count"] for cell in score["matrix"] if cell["before"] == band)
            after = sum(cell["count"] for cell in score["matrix"] if cell["after"] == band)
            change = 100 * abs(after - before) / max(before, 1)
            if change > limit:
                return [f"band {name} goes from {before:,} to {after:,} contacts: {change:.1f} %, over {limit:g} %"]
    return []
