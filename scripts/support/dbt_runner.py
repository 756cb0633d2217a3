"""Run dbt as a process of its own and follow its log.

Importing dbt costs two seconds and keeps the database open as long as the process lives; a subprocess costs neither
here, and its JSON log says more than its exit status.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.console import Progress, counted, short, tell
from support.engine_errors import in_one_sentence

PROJECT = Path(__file__).resolve().parents[2]
DATABASE = PROJECT / "target" / "scoring.duckdb"
DATABASE_HELP = f"DuckDB file that scripts/build.py built (default: {short(DATABASE)})"
DBT = Path(__file__).with_name("dbt_process.py")
MISTAKE = "MISTAKE: "
# What dbt writes besides for others, a seventh of a small build. Whoever reads it says so in the environment.
BESIDES = {"DBT_WRITE_JSON": "false", "DBT_LOG_LEVEL_FILE": "none"}


@dataclass(frozen=True)
class Step:
    """A node that dbt has finished."""

    index: int
    total: int
    kind: str
    name: str
    status: str
    seconds: float

    @property
    def is_fine(self) -> bool:
        """Whether the build can go on from here."""
        return self.status in ("success", "pass", "warn")


@dataclass
class Outcome:
    """What a run of dbt came to. `mistakes` are sentences of failed tests about the input or the scorebook, `stray` are
    lines that were not written into the log."""

    status: int = 0
    seconds: float = 0.0
    steps: list[Step] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)

    @property
    def causes(self) -> list[str]:
        """Why the run failed, one sentence each and each once."""
        return list(dict.fromkeys(self.mistakes + self.problems))

    @property
    def counts(self) -> str:
        """How many nodes of each kind were built, in words."""
        kinds = Counter(step.kind for step in self.steps if step.is_fine)
        return ", ".join(counted(number, kind) for kind, number in kinds.items())


def run_dbt(
    arguments: list[str],
    environment: dict[str, str],
    progress: Progress,
    is_debug: bool = False,
    locks: tuple[int, ...] = (),
) -> Outcome:
    """Run dbt with the arguments; however this ends, no dbt process is left behind. It inherits the files of locks."""
    logging = ["--log-format", "json", "--log-level", "debug" if is_debug else "info"]
    command = [sys.executable, "-P", str(DBT), str(os.getpid()), *arguments, *logging, "--no-use-colors"]
    # -P: dbt shall not import the modules that lie beside that file. A session of its own: Ctrl-C reaches this process
    # alone, which then ends dbt without its complaints.
    process = subprocess.Popen(
        command,
        env=BESIDES | os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
        pass_fds=locks,
    )
    start = time.monotonic()
    try:
        outcome = follow(process.stdout, progress, is_debug)
        outcome.status = process.wait()
    finally:
        progress.close()
        stop(process)
    outcome.seconds = time.monotonic() - start
    if outcome.status < 0:
        reason = "most likely for want of memory" if outcome.status == -9 else f"by signal {-outcome.status}"
        outcome.problems.append(f"dbt was killed, {reason}")
        outcome.status = 1
    if outcome.status and not outcome.causes:
        last = outcome.stray[-1] if outcome.stray else "it gave no reason"
        outcome.problems.append(f"dbt failed: {last}; scripts/build.py --debug tells more")
    return outcome


def stop(process: subprocess.Popen) -> None:
    """End a process that is still running; the engine leaves a database that opens again whenever it dies."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def follow(lines: Iterable[str], progress: Progress, is_debug: bool = False) -> Outcome:
    """Read dbt's log to its end, show the steps and keep what matters."""
    outcome = Outcome()
    for line in lines:
        try:
            event = json.loads(line)
            name, message, data = event["info"]["name"], event["info"]["msg"], event["data"]
        except (ValueError, KeyError, TypeError):
            if line.strip():
                outcome.stray.append(line.strip())
            if is_debug:
                tell(line.rstrip())
            continue
        if is_debug and message.strip():
            tell(f"{event['info']['ts'][11:19]} {message.rstrip()}")
        note(outcome, name, message, data, progress)
    if not outcome.causes and not outcome.steps:
        # Options that dbt refuses never reach its log.
        outcome.problems += [line.removeprefix("Error: ") for line in outcome.stray if line.startswith("Error: ")]
    return outcome


def note(outcome: Outcome, name: str, message: str, data: dict[str, Any], progress: Progress) -> None:
    """Take in one event of the log."""
    node = data.get("node_info", {})
    if name == "LogStartLine":
        progress.begin(node["node_name"], data["total"])
    elif name in ("LogSeedResult", "LogModelResult", "LogTestResult", "SkippingDetails"):
        total = data.get("total") or data.get("num_models")
        seconds = data.get("execution_time", 0.0)
        # dbt numbers nodes as they start; of two at a time the second may end first.
        index = len(outcome.steps) + 1
        step = Step(index, total, node["resource_type"], node["node_name"], node["node_status"], seconds)
        outcome.steps.append(step)
        progress.end(step)
    elif name == "JinjaLogInfo" and message.startswith(MISTAKE):
        outcome.mistakes.append(message.removeprefix(MISTAKE))
    elif name == "RunResultError":
        note_failure(outcome, data["msg"], node)
    elif name == "RunResultWarning":
        outcome.warnings.append(message.strip())
    elif name == "MainEncounteredError":
        outcome.problems.append(in_one_sentence(message))


def note_failure(outcome: Outcome, message: str, node: dict[str, Any]) -> None:
    """Take in a node that failed. A test whose rows are sentences has said them already."""
    if node["resource_type"] != "test" or not message.startswith("Got "):
        outcome.problems.append(in_one_sentence(message, node["node_name"]))
    elif not outcome.mistakes:
        outcome.problems.append(f"the test {node['node_name']} failed; rows that break it: {message.split()[1]}")
