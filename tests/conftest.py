"""What tests share: building an input end to end, as a user does."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

import demo

ROOT = Path(__file__).parent.parent
SMALL_DEMO_END = datetime(2026, 6, 30)
ADJUSTMENTS = """\
m1,c000003,engagement,40,Met at a fair,,2026-05-01,2026-07-10 12:00
m2,c000004,product_b,-7,Wrong person,,2026-06-01,
m3,c000005,product_a,33,Asked by phone,,2026-06-20,
m4,c000007,engagement,-60,Wanted no more mail,,2026-07-12 08:00,2026-08-01
email_clicked,c000006,engagement,5,Has the id of a rule,,2026-06-20,2026-07-20
"""


class Built(NamedTuple):
    """An input, a scorebook, and the database that was built of them."""

    given: Path
    scorebook: Path
    database: Path


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory):
    """A demo of 200 contacts and 100 days, with a few adjustments by hand, built once for all who only read it."""
    folder = tmp_path_factory.mktemp("small")
    demo.make_demo(folder / "demo", 200, 100, SMALL_DEMO_END, 1, 2)
    shutil.copytree(ROOT / "seeds", folder / "book")
    with (folder / "book" / "manual_adjustments.csv").open("a") as file:
        file.write(ADJUSTMENTS)
    build(folder / "demo", folder / "book", SMALL_DEMO_END, folder / "now.duckdb")
    return Built(folder / "demo", folder / "book", folder / "now.duckdb")


@pytest.fixture(scope="session")
def default_demo(tmp_path_factory):
    """The demo of `make demo`, made and built once for all test processes: the others wait for the first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "default"
    folder.mkdir(exist_ok=True)
    built = Built(folder / "demo", ROOT / "seeds", folder / "scoring.duckdb")
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.database.exists():
            made = [sys.executable, "scripts/demo.py", "--out", built.given]
            subprocess.run(made, cwd=ROOT, check=True, capture_output=True)
            as_of = json.loads((built.given / "manifest.json").read_text())["as_of"]
            build(built.given, built.scorebook, datetime.fromisoformat(as_of), built.database)
    return built


def build(input_dir, scorebook_dir, as_of, database, variables=None, marts=()):
    """Build an input by scripts/build.py into a DuckDB file, all of it or some marts and what they are made of; fails
    with what the command printed.

    All builds of a test process go through one file, which is moved to its place then: what dbt keeps of the parsed
    project belongs to the file's name, so that only the first of them parses it whole.
    """
    workbench = ROOT / "target" / "tests" / f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}-{os.getpid()}.duckdb"
    options = {
        "--input": input_dir,
        "--scorebook": scorebook_dir,
        "--as-of": as_of.isoformat(),
        "--database": workbench,
    }
    if variables:
        options["--vars"] = json.dumps(variables)
    command = [sys.executable, "scripts/build.py", *(str(part) for option in options.items() for part in option)]
    if marts:
        command += ["--select", *(f"+{mart}" for mart in marts)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        workbench.replace(database)
    finally:
        workbench.unlink(missing_ok=True)
