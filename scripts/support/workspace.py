"""Where a build works: a folder for each database, so that a second build finds its parsed project again and builds of
different databases never meet."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from support.console import CannotRun, short
from support.dbt_runner import PROJECT
from support.lock import took
from support.scorebook.tables import CONTRACT, contract

WORKSPACES = PROJECT / "target" / "builds"
A_DAY = 86400


def workspace_of(database: Path) -> Path:
    """The folder in which dbt keeps what belongs to a database."""
    digest = hashlib.sha256(str(database).encode()).hexdigest()[:8]
    return WORKSPACES / f"{database.stem}-{digest}"


@contextmanager
def locked(workspace: Path, database: Path, what: str = "build") -> Iterator[int]:
    """Keep a second build (or preview) of the same database out: gives the open file of the lock, which ends with the
    last process that has it, however that ends."""
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / "lock").open("a") as lock:
        if not took(lock):
            raise CannotRun(f"another {what} of {short(database)} is running; wait for its end")
        lock.truncate(0)
        lock.write(str(database))
        lock.flush()
        yield lock.fileno()


def remove_abandoned(workspaces: Path = WORKSPACES) -> None:
    """Remove the workspaces of databases that are gone, if no build has used them for a day."""
    for lock in workspaces.glob("*/lock"):
        with suppress(FileNotFoundError):  # another build may be doing the same
            if time.time() - lock.stat().st_mtime > A_DAY and not Path(lock.read_text()).exists():
                shutil.rmtree(lock.parent, ignore_errors=True)


def copy_scorebook(folder: Path, workspace: Path) -> Path:
    """A copy of the scorebook that dbt can load: optional files that are absent hold only their header."""
    copy = workspace / "scorebook"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for name, seed in contract().items():
        source, target = folder / f"{name}.csv", copy / f"{name}.csv"
        if source.exists():
            shutil.copyfile(source, target)
        else:
            target.write_text(",".join(column["name"] for column in seed["columns"]) + "\n")
    shutil.copyfile(CONTRACT, copy / CONTRACT.name)
    return copy
