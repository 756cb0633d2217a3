"""What tests share: building an input end to end, as a user does."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build(input_dir, scorebook_dir, as_of, database):
    """Build an input by scripts/build.py into a DuckDB file; fails with what the command printed.

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
    command = [sys.executable, "scripts/build.py", *(str(part) for option in options.items() for part in option)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        Path(database).parent.mkdir(parents=True, exist_ok=True)
        workbench.replace(database)
    finally:
        workbench.unlink(missing_ok=True)
