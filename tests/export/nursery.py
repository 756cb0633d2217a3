"""A process that has everything loaded and gives birth to exports, so that hundreds of them can be killed in a minute.

It reads one JSON object a line: the arguments of an export, a file for what it says, and perhaps a number of
`instructions` or of `steps`. It answers with the id of the new process and, after one more line, with how that ended;
until then the id belongs to nobody else. An export with such a number kills itself with SIGKILL before the n-th
different bytecode instruction of its functions, or before its n-th step, which changes a folder or the state file; with
0 it runs to its end and says how many there were. No hook in the export is needed for this, and none is there.
"""

import inspect
import json
import os
import signal
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
EXPORT = str(SCRIPTS / "support" / "export")
STEPS = {"fsync", "mkdir", "rename", "rmdir"}
sys.path.insert(0, str(SCRIPTS))

import export_crossings  # noqa: E402
import support.export.run  # noqa: E402
import support.export.summary  # noqa: E402
import support.export.webhook  # noqa: E402, F401
from support.console import status_of  # noqa: E402


def reached(limit, seen):
    """Die at the limit."""
    if len(seen) == limit:
        os.kill(os.getpid(), signal.SIGKILL)


def count_instructions(limit, seen):
    """Note the instructions that were not executed before."""

    def follow(frame, event, _):
        if not frame.f_code.co_filename.startswith(EXPORT) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen.add((frame.f_code, frame.f_lasti))
            reached(limit, seen)
        return follow

    sys.settrace(follow)


def count_steps(limit, seen):
    """Note the calls that change a folder or the state file, each time."""

    def follow(frame, event, called):
        if event == "c_call" and (called.__name__ in STEPS or frame.f_code.co_name == "transaction"):
            seen.add(len(seen))
            reached(limit, seen)

    sys.setprofile(follow)


def export(arguments, log, instructions=None, steps=None):
    """Be an export."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = [str(SCRIPTS / "export_crossings.py"), *arguments]
    seen = set()
    if instructions is not None:
        count_instructions(instructions, seen)
    if steps is not None:
        count_steps(steps, seen)
    status = status_of(export_crossings.main)
    sys.settrace(None)
    sys.setprofile(None)
    if 0 in (instructions, steps):
        print(f"{len(seen)} counted")
    sys.stdout.flush()
    os._exit(status)


for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if not child:
        export(**order)
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
