"""The input of a benchmark: a demo whose last day, and one event in a thousand a month late, can land by themselves."""

import csv
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

A_QUARTER = "hash(event_id) % 4 = 0"
LATE = "hash(event_id) % 1000 = 0 and received_at < timestamp '{}' - interval 30 day"


class Landing:
    """A folder of input, as of the day before the demo ends; parts of what came later can land."""

    def __init__(self, demo: Path, folder: Path) -> None:
        """Take a demo apart."""
        self.folder = folder
        end = datetime.fromisoformat(json.loads((demo / "manifest.json").read_text())["as_of"].removesuffix("Z"))
        self.today, self.yesterday = end.isoformat(), (end - timedelta(days=1)).isoformat()
        shutil.copytree(demo, folder, ignore=shutil.ignore_patterns("events", "manifest.json"))
        (folder / "events").mkdir()
        self.aside = folder.with_name("aside")
        self.aside.mkdir()
        is_day, is_late = f"received_at >= timestamp '{self.yesterday}'", LATE.format(self.yesterday)
        parts = {
            folder / "events" / "history.parquet": f"not ({is_day}) and not ({is_late})",
            self.aside / "quarter of a day.parquet": f"{is_day} and {A_QUARTER}",
            self.aside / "rest of the day.parquet": f"{is_day} and not {A_QUARTER}",
            self.aside / "late.parquet": f"not ({is_day}) and {is_late}",
        }
        for file, condition in parts.items():
            duckdb.execute(f"copy (from '{demo}/events/*.parquet' where {condition}) to '{file}' (format parquet)")
        shutil.rmtree(demo / "events")

    @contextmanager
    def more(self, *parts: str) -> Iterator[None]:
        """For a while, these parts have landed too: `quarter of a day`, `rest of the day`, `late`."""
        files = {self.aside / f"{part}.parquet": self.folder / "events" / f"{part}.parquet" for part in parts}
        for aside, landed in files.items():
            aside.rename(landed)
        yield
        for aside, landed in files.items():
            landed.rename(aside)

    def empty(self) -> Path:
        """The same tables without a row."""
        empty = self.folder.with_name("empty")
        shutil.rmtree(empty, ignore_errors=True)
        (empty / "events").mkdir(parents=True)
        source = f"from '{self.folder}/events/history.parquet' limit 0"
        duckdb.execute(f"copy ({source}) to '{empty}/events/none.parquet' (format parquet)")
        for file in self.folder.glob("*.csv"):
            with file.open() as lines:
                (empty / file.name).write_text(lines.readline())
        return empty

    def edited_scorebook(self, seeds: Path) -> Path:
        """The scorebook with one point more for the first rule that gives any."""
        edited = self.folder.with_name("edited")
        shutil.rmtree(edited, ignore_errors=True)
        shutil.copytree(seeds, edited)
        file = edited / "event_weights.csv"
        with file.open(newline="") as text:
            rows = list(csv.DictReader(text))
        rule = next(row for row in rows if float(row["points"]) > 0)
        rule["points"] = str(float(rule["points"]) + 1)
        with file.open("w", newline="") as text:
            writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return edited
