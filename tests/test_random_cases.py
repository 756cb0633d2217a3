"""Random nasty cases: the build gives what the slow reference gives.

One seed again: `RANDOM_SEEDS=7 .venv/bin/python -m pytest tests/test_random_cases.py`; many: `make test-random`.
"""

import pytest

from conftest import build, seeds
from reference import score
from reference.compare import differences, mistakes, read_marts
from reference.random_cases import make, write


@pytest.mark.parametrize("seed", seeds("1-3"))
def test_the_build_equals_the_reference(seed, tmp_path):
    case = make(seed)
    given, book = write(case, tmp_path / "case")
    build(given, book, case.as_of, tmp_path / "scoring.duckdb")
    found = read_marts(tmp_path / "scoring.duckdb")
    wrong = mistakes(found) + differences(score(case.landed, case.scorebook, case.as_of), found)
    again = f"RANDOM_SEEDS={seed} .venv/bin/python -m pytest tests/test_random_cases.py"
    assert not wrong, "\n".join([f"{len(wrong)} differences with seed {seed}; again: {again}", *wrong[:20]])
