"""The unit tests that stand beside the models, and the invariants that are too heavy for every build."""

import os
import re
import subprocess
import sys

import yaml

from conftest import ROOT


def test_unit_tests_and_heavy_invariants(tmp_path):
    story = ROOT / "tests" / "cases" / "every_row_has_one_verdict"
    # dbt looks up the types of the columns of a fixture in tables that exist, also in those that only a build reads.
    models = ["build", "--exclude-resource-type", "unit_test", "test"]
    tests = ["test", "--select", "test_type:unit", "tag:heavy"]
    options = {"project-dir": ROOT, "profiles-dir": ROOT, "target-path": tmp_path, "log-path": tmp_path}
    environment = {
        "SCORING_DATABASE": str(tmp_path / "scoring.duckdb"),
        "SCORING_SCRATCH": str(tmp_path / "scratch.duckdb"),
        "SCORING_INPUT": str(story / "input"),
        "SCORING_AS_OF": "2024-06-01",
    }
    for arguments in (models, tests):
        done = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *arguments, *(f"--{name}={path}" for name, path in options.items())],
            env=os.environ | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:]
    ran = {kind: int(count) for count, kind in re.findall(r"(\d+) (unit|data) tests", done.stdout)}
    files = [yaml.safe_load(path.read_text()) for path in (ROOT / "models").rglob("*.yml")]
    assert ran["unit"] == sum(len(file.get("unit_tests", [])) for file in files)
    assert ran["data"], "the heavy ones"
