"""The unit tests that stand beside the models, and the invariants that are too heavy for every build."""

import os
import re
import subprocess
import sys
from datetime import datetime

from conftest import ROOT, build


def test_unit_tests_and_heavy_invariants(tmp_path):
    database = tmp_path / "scoring.duckdb"
    story = ROOT / "tests" / "cases" / "every_row_has_one_verdict"
    # dbt looks up the types of the columns of a fixture in tables that exist.
    build(story / "input", ROOT / "seeds", datetime(2024, 6, 1), database)
    # What only a build reads it took away again; run by hand, dbt keeps it.
    models, tests = ["run", "--select", "config.database:scratch"], ["test", "--select", "test_type:unit", "tag:heavy"]
    options = {"project-dir": ROOT, "profiles-dir": ROOT, "target-path": tmp_path, "log-path": tmp_path}
    environment = {"SCORING_DATABASE": str(database), "SCORING_INPUT": str(story / "input"), "NO_COLOR": "1"}
    for arguments in (models, tests):
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments, *(f"--{name}={path}" for name, path in options.items())],
            env=os.environ | environment | {"SCORING_AS_OF": "2024-06-01"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:]
    passed = int(re.search(r"PASS=(\d+)", done.stdout).group(1))
    assert passed > 150, f"only {passed} tests ran"
