"""What tests share: building an input end to end, as a user does."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

import demo

ROOT = Path(__file__).parent.parent
BUILD_SERVER = Path(__file__).with_name("build_server.py")
SMALL_DEMO_END = datetime(2026, 6, 30)
ADJUSTMENTS = """\
m1,c000003,engagement,40,Met at a fair,,2026-05-01,2026-07-10 12:00
m2,c000004,product_b,-7,Wrong person,,2026-06-01,
m3,c000005,product_a,33,Asked by phone,,2026-06-20,
m4,c000007,engagement,-60,Wanted no more mail,,2026-07-12 08:00,2026-08-01
m5,c000006,engagement,5,Told a friend,,2026-06-20,2026-07-20
"""
# Rules that nobody has ever met.
DEAD_RULES = {
    "event_weights": "never_seen,Never seen,engagement,never_seen,,,5,,,,,,,,,,\n",
    "attribute_weights": "nobody,Nobody,fit,contact,job_title,equals,astronaut,5,\n",
}


class Built(NamedTuple):
    """An input, a scorebook, and the database that was built of them."""

    given: Path
    scorebook: Path
    database: Path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Have a folder filled once for all test processes: the others wait for the first, and only read it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def folder_of(name, fill):
        folder, made = shared / name, shared / f"{name}.made"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                made.touch()
        return folder

    return folder_of


@pytest.fixture(scope="session")
def small_demo(made_once, tmp_path_factory):
    """A demo of 200 contacts and 100 days, with a few adjustments by hand and two dead rules, and its build. Each test
    process has a copy of that: previews of one database keep each other out."""

    def fill(folder):
        demo.make_demo(folder / "demo", 200, 100, SMALL_DEMO_END, 1, 2)
        shutil.copytree(ROOT / "seeds", folder / "book")
        for name, text in {"manual_adjustments": ADJUSTMENTS, **DEAD_RULES}.items():
            with (folder / "book" / f"{name}.csv").open("a") as file:
                file.write(text)
        build(folder / "demo", folder / "book", SMALL_DEMO_END, folder / "now.duckdb")

    folder = made_once("small", fill)
    database = Path(shutil.copy(folder / "now.duckdb", tmp_path_factory.mktemp("small")))
    return Built(folder / "demo", folder / "book", database)


@pytest.fixture(scope="session")
def default_demo(made_once):
    """The demo of `make demo`, and its build."""

    def fill(folder):
        made = [sys.executable, "scripts/demo.py", "--out", folder / "demo"]
        subprocess.run(made, cwd=ROOT, check=True, capture_output=True)
        as_of = json.loads((folder / "demo" / "manifest.json").read_text())["as_of"]
        build(folder / "demo", ROOT / "seeds", datetime.fromisoformat(as_of), folder / "scoring.duckdb")

    folder = made_once("default", fill)
    return Built(folder / "demo", ROOT / "seeds", folder / "scoring.duckdb")


def seeds(default):
    """The seeds of random tests: `RANDOM_SEEDS=7` or `1-60` in the environment, or the default."""
    first, _, last = os.environ.get("RANDOM_SEEDS", default).partition("-")
    return range(int(first), int(last or first) + 1)


@cache
def build_server():
    """The process that all builds of this one are forked from. Its environment is small, for dbt looks through all of
    it with each line that it logs."""
    return subprocess.Popen(
        [sys.executable, BUILD_SERVER],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name in ("HOME", "PATH", "TMPDIR", "SCORING_MEMORY")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_build(*arguments):
    """Run scripts/build.py to its end, without loading dbt again; the way it ended and what it printed. It has the
    environment of the first of all these builds."""
    arguments = list(map(str, arguments))
    with TemporaryDirectory() as folder:
        outputs = [Path(folder) / stream for stream in ("stdout", "stderr")]
        order = {"arguments": arguments, "outputs": list(map(str, outputs))}
        print(json.dumps(order), file=build_server().stdin, flush=True)
        status = int(build_server().stdout.readline())
        return subprocess.CompletedProcess(arguments, status, *(output.read_text() for output in outputs))


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
    selected = ["--select", *(f"+{mart}" for mart in marts)] if marts else []
    try:
        done = run_build(*(part for option in options.items() for part in option), *selected)
        assert_built(done)
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        workbench.replace(database)
    finally:
        workbench.unlink(missing_ok=True)


def assert_built(done):
    """Fail with what a build printed, if it failed."""
    command = " ".join(["scripts/build.py", *done.args])
    assert done.returncode == 0, f"{command}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
