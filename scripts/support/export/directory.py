"""Crossings as files: each crossing once, whatever happens while they are written.

A batch is a folder `date=<day of as_of>/<batch>` with the same crossings as NDJSON, CSV and Parquet, and a manifest. It
is written under a hidden name and then renamed: that rename alone decides whether it was delivered. Until this is
recorded, too, all file names end in `.part`: nobody reads half a file, or takes away what no one would remember. What a
killed export left is settled at the next start: the folder says what it holds, the state file learns from it, and then
the files get their names. Two exports that share no state file may share a folder: whoever writes holds its lock, and
looks again at what is there.
"""

import csv
import errno
import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Any

from support.console import short
from support.export.payload import NUMBERS, Crossing, cloud_event, csv_cell, flat_row
from support.export.states import State
from support.export.target import Outcome, Shipment, Target, Unavailable
from support.lock import took

MANIFEST = "manifest.json"
PART = ".part"
BATCH_ROWS = 10_000


class Directory(Target):
    """A folder of batches."""

    def __init__(self, name: str, root: Path, owner: str = "") -> None:
        self.name = name
        self.root = root
        self.where = short(root)
        self.owner = owner  # the state file, so that one does not tidy up what another is writing
        self.seen: set[str] = set()  # the batches that are recorded or have been looked at

    def deliver(self, crossings: list[Crossing], shipment: Shipment) -> Iterator[Outcome]:
        """Write batches and report each once it is there for good; whoever goes on has recorded it."""
        with self.explained():
            make(self.root)
        with self.locked():
            there = set().union(*self.held(self.seen).values())
            if found := [crossing.crossing_id for crossing in crossings if crossing.crossing_id in there]:
                yield Outcome(found, State.SENT)
            rest = (crossing for crossing in crossings if crossing.crossing_id not in there)
            while some := list(islice(rest, BATCH_ROWS)):
                with self.explained():
                    batch = self.write(some, shipment)
                yield Outcome([crossing.crossing_id for crossing in some], State.SENT, batch=batch)
                with self.explained():
                    finish(self.root / batch)

    def write(self, crossings: list[Crossing], shipment: Shipment) -> str:
        """Write one batch; its name follows from what is in it."""
        ids = [crossing.crossing_id for crossing in crossings]
        rows = [flat_row(crossing, shipment.attributes) for crossing in crossings]
        digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()[:12]
        batch = f"date={shipment.as_of:%Y-%m-%d}/{shipment.as_of:%Y%m%dT%H%M%S}-{digest}"
        final = self.root / batch
        make(final.parent)
        hidden = self.root / f".writing-{self.owner}-{digest}"
        try:
            hidden.mkdir()
            files = {
                "crossings.ndjson": write(hidden, "crossings.ndjson", ndjson(crossings, shipment.source)),
                "crossings.csv": write(hidden, "crossings.csv", as_csv(rows)),
                "crossings.parquet": write_parquet(hidden, "crossings.parquet", rows),
            }
            manifest = {
                "batch": batch,
                "as_of": f"{shipment.as_of.isoformat()}Z",
                "scorebook_version": shipment.scorebook_version,
                "rows": len(crossings),
                "files": files,
                "crossing_ids": ids,
            }
            write(hidden, MANIFEST, [f"{json.dumps(manifest, indent=1)}\n".encode("ascii")])
            sync(hidden)
            hidden.rename(final)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            raise
        sync(final.parent)
        return batch

    def held(self, recorded: set[str]) -> dict[str, list[str]]:
        """The crossings of the batches that are here and not recorded, by batch."""
        with self.explained():
            found = {}
            for day in (name for name in names(self.root) if name.startswith("date=")):
                for batch in {f"{day}/{name}" for name in names(self.root / day)} - recorded:
                    for manifest in (f"{MANIFEST}{PART}", MANIFEST):  # in this order, as it may get its name just now
                        with suppress(FileNotFoundError, NotADirectoryError):
                            found[batch] = self.ids(self.root / batch / manifest)
                            break
            self.seen = recorded | set(found)
            return found

    def ids(self, manifest: Path) -> list[str]:
        """The crossings that a manifest names."""
        try:
            return list(map(str, json.loads(manifest.read_bytes())["crossing_ids"]))
        except (ValueError, TypeError, KeyError):
            raise Unavailable(
                f"{short(manifest)} cannot be read, so nobody knows which crossings are there; "
                "restore it or move its folder away"
            ) from None

    def tidy(self) -> None:
        """Finish batches that a killed export left, all recorded by now, and remove what never came to be."""
        if not self.root.is_dir():
            return
        with self.locked(), self.explained():
            for batch in self.seen:
                if (self.root / batch / f"{MANIFEST}{PART}").exists():
                    finish(self.root / batch)
            for name in names(self.root):
                if name.startswith(f".writing-{self.owner}-"):
                    shutil.rmtree(self.root / name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other exports from writing to the folder."""
        with self.explained():
            folder = os.open(self.root, os.O_RDONLY)
        try:
            if not took(folder):
                raise Unavailable(f"another export is writing to {self.where}; run again after its end")
            yield
        finally:
            os.close(folder)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """One sentence for a folder that cannot be used."""
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise Unavailable(f"the disk of {self.where} is full; free some space and run again") from None
            raise Unavailable(f"{self.where} cannot be written: {error.strerror or error}") from None


def ndjson(crossings: list[Crossing], source: str) -> Iterator[bytes]:
    """A CloudEvent a line."""
    for crossing in crossings:
        yield cloud_event(crossing, source) + b"\n"


def as_csv(rows: list[dict[str, Any]]) -> Iterator[bytes]:
    """The rows for spreadsheets: everything quoted, nothing that runs. Numbers are ours and stay numbers."""
    for cells in (rows[0], *(row.values() for row in rows)):
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL).writerow(map(csv_cell, cells))
        yield line.getvalue().encode()


def write(folder: Path, name: str, chunks: Iterable[bytes]) -> dict[str, int | str]:
    """Write a file for good, and say what its manifest says."""
    with (folder / f"{name}{PART}").open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return described(folder / f"{name}{PART}")


def write_parquet(folder: Path, name: str, rows: list[dict[str, Any]]) -> dict[str, int | str]:
    """Write the rows as Parquet, by way of JSON: no file name is ever part of a query."""
    import duckdb

    kinds = dict.fromkeys(rows[0], "varchar") | dict.fromkeys(NUMBERS, "double") | {"crossed_at": "timestamp"}
    path = folder / f"{name}{PART}"
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            connection.execute(
                "copy (select unnest(from_json($rows, $kinds), max_depth := 2)) to $path (format parquet)",
                {"rows": json.dumps(rows), "kinds": json.dumps([kinds]), "path": str(path)},
            )
        except duckdb.IOException as error:
            raise OSError(None, str(error).splitlines()[0]) from None
    sync(path)
    return described(path)


def described(path: Path) -> dict[str, int | str]:
    """Size and checksum of a file."""
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def make(folder: Path) -> None:
    """Make a folder, and its parents, for good."""
    if not folder.is_dir():
        make(folder.parent)
        try:
            folder.mkdir(exist_ok=True)
        except FileExistsError:
            raise NotADirectoryError(errno.ENOTDIR, f"{short(folder)} is a file") from None
        sync(folder.parent)


def sync(path: Path) -> None:
    """Make a file or the names in a folder outlast a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def names(folder: Path) -> list[str]:
    """What is in a folder; nothing where it is none."""
    try:
        return [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []


def finish(batch: Path) -> None:
    """Give the files of a batch their names, the manifest last: where it stands, the batch is whole."""
    for name in sorted(names(batch), key=lambda name: name.startswith(MANIFEST)):
        (batch / name).rename(batch / name.removesuffix(PART))
    sync(batch)
