"""What tests share: building an input end to end, as a user does."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def build(input_dir, scorebook_dir, as_of, database):
    """Build an input by scripts/build.py into a DuckDB file; fails with what the command printed."""
    options = {"--input": input_dir, "--scorebook": scorebook_dir, "--as-of": as_of.isoformat(), "--database": database}
    command = [sys.executable, "scripts/build.py", *(str(part) for option in options.items() for part in option)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\nended with {done.returncode}\n{done.stdout}\n{done.stderr}"
