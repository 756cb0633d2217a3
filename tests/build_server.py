"""A process that has dbt loaded and forks builds, each of which is spared two fifths of its time.

It reads one JSON object a line, the arguments of scripts/build.py and a file for each of its two outputs, and answers
with the exit status. Nothing but loading is spared: the build, and dbt in it, are processes of their own, and parse the
project. That this process has parsed it once loads what dbt makes only then.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import dbt.adapters.duckdb  # noqa: E402, F401
from dbt.cli.main import dbtRunner  # noqa: E402

import build  # noqa: E402
from support import dbt_process, dbt_runner  # noqa: E402
from support.console import status_of  # noqa: E402


class Fork:
    """dbt as a fork of the build, in place of a process that loads it anew. It has no session of its own, and the open
    file of the lock anyway."""

    def __init__(self, command, env, **_):
        reading, writing = os.pipe()
        self.status = None
        self.id = os.fork()
        if not self.id:
            be(dbt_process.main, command[command.index(str(dbt_runner.DBT)) :], env, writing, writing)
        os.close(writing)
        self.stdout = os.fdopen(reading, encoding="utf-8")

    def wait(self, timeout=None):
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.id, 0)[1])
        return self.status

    def poll(self):
        return self.status

    def terminate(self):
        os.kill(self.id, signal.SIGKILL)


def be(main, arguments, environment, *outputs):
    """Be a command whose two streams are open files."""
    for stream, output in enumerate(outputs, start=1):
        os.dup2(output, stream)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = arguments
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    os._exit(status or 0)


# dbt's static parser has threads, which no fork would have.
with TemporaryDirectory() as folder:
    places = ("--project-dir", ROOT, "--profiles-dir", ROOT, "--target-path", folder, "--log-path", folder)
    parsed = dbtRunner().invoke(["--quiet", "--no-static-parser", "parse", *map(str, places)])
if not parsed.success:
    sys.exit(str(parsed.exception))

dbt_runner.subprocess = SimpleNamespace(**vars(subprocess) | {"Popen": Fork})
for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if not child:
        outputs = [os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for said in order["outputs"]]
        be(lambda: status_of(build.main), ["build.py", *order["arguments"]], os.environ.copy(), *outputs)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
