"""One build, preview or export at a time."""

import fcntl
import time
from typing import IO

# Of a build that was killed, dbt may outlive it by a moment.
PATIENCE = 5.0  # seconds that a second one waits for the first


def took(lock: int | IO) -> bool:
    """Take the lock of a file or folder that is open; False if others hold it for longer than anybody should wait. It
    ends with the process, however that ends."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
