"""Which models an edit has to build anew, by the references between them."""

import re
from functools import cache

from support.dbt_runner import PROJECT
from support.scorebook.tables import contract

REFERENCE = re.compile(r"\bref\('(\w+)'\)")
ONLY_WHILE_BUILT = "database='scratch'"


@cache
def parents() -> dict[str, set[str]]:
    """The models and seeds that each model reads; a seed reads nothing."""
    found = {path.stem: set(REFERENCE.findall(path.read_text("utf-8"))) for path in (PROJECT / "models").rglob("*.sql")}
    return found | {seed: set() for seed in contract()}


@cache
def kept_by_no_build() -> set[str]:
    """Models that are gone when a build is done."""
    return {path.stem for path in (PROJECT / "models").rglob("*.sql") if ONLY_WHILE_BUILT in path.read_text("utf-8")}


def ancestors(names: set[str], unread: frozenset[str] = frozenset()) -> set[str]:
    """The names and all that they are built from, by ways that do not lead through what nobody reads."""
    found, to_see = set(), list(names)
    while to_see:
        name = to_see.pop()
        if name not in found | unread:
            found.add(name)
            to_see += parents()[name]
    return found


def to_build(wanted: set[str], changed: set[str], unread: frozenset[str]) -> tuple[set[str], set[str]]:
    """For some marts: what depends on the changed seeds and so is built, and what that reads of the rest: what is as it
    was, and what adds nothing that anybody reads."""
    built = {name for name in ancestors(wanted, unread) if ancestors({name}, unread) & changed}
    while gone := read_by(built) & kept_by_no_build():
        built |= gone
    return built, read_by(built)


def read_by(built: set[str]) -> set[str]:
    """What some models read of the rest."""
    return set().union(*(parents()[name] for name in built)) - built
