"""What people would otherwise use for points of each contact and group with a half-life: the same sums in one statement
of DuckDB (the floor), in pandas, in Polars, and in a plain dbt model. None of them removes duplicates, looks at
conditions, caps, resets, keeps history or finds crossings."""

import os
import sys
from pathlib import Path

import duckdb

from support.benchmark.landing import Landing
from support.benchmark.measure import Measured, measured
from support.console import CannotRun

HERE = Path(__file__).resolve().parent
RIVALS = ("pandas", "polars", "plain dbt")


def rival(name: str, landing: Landing, folder: Path) -> Measured:
    """Sum the points in one of these ways, into a file of its own; a process of its own shows its memory."""
    arguments = [
        landing.folder / "events" / "history.parquet",
        HERE.parents[2] / "seeds",
        landing.yesterday,
        made(name, folder),
    ]
    if name != "plain dbt":
        return measured(name, [sys.executable, HERE / f"sum_with_{name.replace('floor', 'duckdb')}.py", *arguments])
    project = folder / "plain_dbt"
    (project / "models").mkdir(parents=True, exist_ok=True)
    statement = (HERE / "sum.sql").read_text()
    for key, value in zip(("events", "scorebook", "as_of"), arguments, strict=False):
        statement = statement.replace(f"${key}", f"'{value}'" if key == "as_of" else str(value))
    (project / "models" / "sums.sql").write_text("{{ config(materialized='table') }}\n" + statement)
    (project / "dbt_project.yml").write_text("name: plain\nprofile: plain\n")
    (project / "profiles.yml").write_text(
        f"plain: {{target: t, outputs: {{t: {{type: duckdb, path: '{folder / 'plain dbt.duckdb'}', threads: 1}}}}}}\n"
    )
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    return measured(
        name, [sys.executable, "-m", "dbt.cli.main", "run", "--project-dir", project, "--profiles-dir", project]
    )


def made(name: str, folder: Path) -> Path:
    """The file that a way of summing leaves."""
    return folder / f"{name}.parquet"


def agree(names: tuple[str, ...], folder: Path) -> None:
    """Refuse figures of ways that do not come to the same sums."""
    database = duckdb.connect()
    database.execute(f"attach '{folder / 'plain dbt.duckdb'}' as plain (read_only)")
    for name in names:
        found = "plain.sums" if name == "plain dbt" else f"'{made(name, folder)}'"
        differing = f"""
            select count(*)
            from '{made("floor", folder)}' as floor
            full join {found} as found
                on found.contact_id is not distinct from floor.contact_id and found.score_group = floor.score_group
            where abs(found.points - floor.points) < 1e-6 is not true
        """
        rows = database.execute(differing).fetchall()[0][0]
        if rows:
            raise CannotRun(f"{name} comes to other sums than the floor, in {rows} rows")
