"""dbt as a process that never outlives the one that started it: `python dbt_process.py PARENT_ID ARGUMENTS…`.

A dbt that went on after its build was killed would meet the next build in the same files. Where the kernel cannot end
it with its parent (only Linux can), the lock of the workspace, which it has inherited, keeps the next build out.
"""

import ctypes
import gc
import os
import signal
import sys

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Tie this process to its parent and run dbt."""
    parent = int(sys.argv.pop(1))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the build that started this dbt is gone")

    # What dbt makes of a project stays until it ends: looking for garbage in it again and again frees nothing.
    gc.disable()
    from dbt.cli.main import cli

    cli()


if __name__ == "__main__":
    main()
