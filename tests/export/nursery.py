"""A process that has everything loaded and gives birth to exports, so that hundreds of them can be killed in a minute.

It reads one JSON object a line: the arguments of an export, a file for what it says, and perhaps the number of a
bytecode instruction. It answers with the id of the new process and, after one more line, with how that ended; until
then the id belongs to nobody else. An export with such a number kills itself with SIGKILL before the n-th different
instruction of its functions; with 0 it runs to its end and says how many there were. No hook in the export is needed
for this, and none is there.
"""

import inspect
import json
import os
import signal
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parents[2] / "scripts"
EXPORT = str(SCRIPTS / "support" / "export")
sys.path.insert(0, str(SCRIPTS))

import export_crossings  # noqa: E402
import support.export.run  # noqa: E402
import support.export.summary  # noqa: E402
import support.export.webhook  # noqa: E402, F401
from support.console import status_of  # noqa: E402


def killed_before(limit, seen):
    """A trace function that counts instructions that were not executed before."""

    def follow(frame, event, _):
        if not frame.f_code.co_filename.startswith(EXPORT) or not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            seen.add((frame.f_code, frame.f_lasti))
            if len(seen) == limit:
                os.kill(os.getpid(), signal.SIGKILL)
        return follow

    return follow


def export(arguments, log, limit):
    """Be an export."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    sys.argv = [str(SCRIPTS / "export_crossings.py"), *arguments]
    seen = set()
    if limit is not None:
        sys.settrace(killed_before(limit, seen))
    status = status_of(export_crossings.main)
    sys.settrace(None)
    if limit == 0:
        print(f"{len(seen)} instructions")
    sys.stdout.flush()
    os._exit(status)


for line in sys.stdin:
    order = json.loads(line)
    child = os.fork()
    if not child:
        export(order["arguments"], order["log"], order["limit"])
    print(child, flush=True)
    sys.stdin.readline()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
