"""Reading the crossings of a build."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from support.console import CannotRun, short
from support.database import opened as connected
from support.export.payload import COLUMNS, NUMBERS, Crossing, Glance


class Mart:
    """The crossings of a database and the build that they are of."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: Path) -> None:
        self.connection = connection
        builds = connection.execute("select as_of, scorebook_version from build_info").fetchall()
        if len(builds) != 1 or None in builds[0]:
            raise CannotRun(f"{short(database)} does not say what it was built from; run scripts/build.py with it")
        self.as_of, self.scorebook_version = builds[0]
        # The id decides what is sent twice, and stands in the headers of webhooks.
        rows, ids = connection.execute(
            "select count(*), count(distinct crossing_id) filter (regexp_full_match(crossing_id, '[!-~]{1,200}')) "
            "from threshold_crossings"
        ).fetchone()
        if rows != ids:
            raise CannotRun(
                f"{short(database)}: threshold_crossings has {rows - ids} rows without a sound id of their own"
            )

    def glances(self) -> Iterator[Glance]:
        """All crossings, without what is only sent."""
        rows = self.connection.execute(f"select {', '.join(Glance._fields)} from threshold_crossings")
        while some := rows.fetchmany(10_000):
            yield from map(Glance._make, some)

    def targets(self) -> dict[str | None, str]:
        """The different targets, each with a trigger that names it, whether or not anything has crossed it."""
        query = """
            select target, min(trigger_id)
            from (
                select target, trigger_id from internal.stg_triggers
                union all
                select target, trigger_id from threshold_crossings
            )
            group by target
        """
        return dict(self.connection.execute(query).fetchall())

    def attributes(self) -> set[str]:
        """The names of all that contacts have."""
        query = "select distinct unnest(json_keys(attributes)) from internal.int_contacts_known"
        return {name for (name,) in self.connection.execute(query).fetchall()}

    def crossings(self, ids: list[str], attributes: list[str]) -> dict[str, Crossing]:
        """The crossings with these ids, by id; each with the named attributes of its contact."""
        columns = ", ".join(f"{name}::double" if name in NUMBERS else name for name in COLUMNS)
        attribute_text = "null"
        if attributes:
            attribute_text = (
                "case when scope != 'account' then "
                "(select max(attributes) from internal.int_contacts_known where contact_id = subject_id) end"
            )
        query = f"""
            select {columns}, {attribute_text} as contact_attributes
            from threshold_crossings
            where crossing_id in (select unnest($1::varchar[]))
        """
        found = {}
        for *values, text in self.connection.execute(query, [ids]).fetchall():
            known = json.loads(text or "{}")
            chosen = {name: known[name] for name in attributes if known.get(name) is not None}
            found[values[0]] = Crossing(*values, chosen)
        return found


@contextmanager
def opened(database: Path) -> Iterator[Mart]:
    """The crossings of a database, for reading only."""
    with connected(database) as connection:
        yield Mart(connection, database)
