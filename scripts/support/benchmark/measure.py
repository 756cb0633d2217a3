"""Run a command and measure what it took."""

import os
import subprocess
import time
from dataclasses import dataclass

from support.console import CannotRun


@dataclass(frozen=True)
class Measured:
    """Wall time of a command and peak memory of its largest process; of several runs, the median and the maximum."""

    kind: str
    seconds: float
    peak_mb: float


def measured(kind: str, command: list) -> Measured:
    """Run a command to its end; fails with what it said."""
    start = time.monotonic()
    process = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status:
        raise CannotRun(f"{kind}: the command failed:\n{said[-4000:]}")
    return Measured(kind, seconds, usage.ru_maxrss / 1024)
