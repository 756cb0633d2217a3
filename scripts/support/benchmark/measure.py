"""Run a command and measure what it took."""

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from support.console import CannotRun

# A process begins with the memory of the one that it was forked from: here a small one, which tells what it saw.
SMALL_PARENT = """
import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
open(sys.argv[1], "w").write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


@dataclass(frozen=True)
class Measured:
    """Wall time of a command and peak memory of its largest process; of several runs, the median and the maximum."""

    kind: str
    seconds: float
    peak_mb: float


def measured(kind: str, command: list) -> Measured:
    """Run a command, named by its path, to its end; fails with what it said."""
    with tempfile.NamedTemporaryFile("r") as peak:
        start = time.monotonic()
        parent = [sys.executable, "-I", "-S", "-c", SMALL_PARENT, peak.name]
        done = subprocess.run(
            [*parent, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        seconds = time.monotonic() - start
        if done.returncode:
            raise CannotRun(f"{kind}: the command failed:\n{done.stdout[-4000:]}")
        return Measured(kind, seconds, int(peak.read()) / 1024)
