"""Write a case as the files that a build reads."""

import csv
import json
import re
from pathlib import Path

import duckdb

from .landed import COLUMNS, TABLES
from .random_scorebook import HEADERS


def write(case, folder, but=()):
    """Write a case as files below a folder, but for some tables: `input/` and `scorebook/`, which it returns."""
    given, book = Path(folder) / "input", Path(folder) / "scorebook"
    given.mkdir(parents=True, exist_ok=True)
    book.mkdir()
    for name, rows in case.scorebook.items():
        _write_csv(book / f"{name}.csv", HEADERS[name], rows)
    for table, rows in case.landed.items():
        if table in but:
            continue
        spec = TABLES[table]
        columns = list(rows[0]) if rows else list(COLUMNS.get(table, spec.required + spec.optional))
        _write_table(given, table, columns, rows, case.formats[table])
    return given, book


def write_events(rows, path):
    """Write events, with all columns that the contract names, as one more CSV file of the folder."""
    path.parent.mkdir(exist_ok=True)
    _write_csv(path.with_suffix(".csv"), TABLES["events"].required + TABLES["events"].optional, rows)


def _write_csv(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([row.get(column) for column in columns] for row in rows)


def _write_table(folder, table, columns, rows, form):
    if form == "csv folder":
        (folder / table / "more").mkdir(parents=True)
        half = len(rows) // 2
        _write_csv(folder / table / "first.csv", columns, rows[:half])
        _write_csv(folder / table / "more" / "second.csv", columns[::-1], rows[half:])
    elif form == "jsonl":
        natives = ({column: _native(text) for column, text in row.items()} for row in rows)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in natives)
        (folder / f"{table}.jsonl").write_text("".join(lines), encoding="utf-8")
    elif form == "parquet":
        path = folder / f"{table}.csv"
        _write_csv(path, columns, rows)
        with duckdb.connect() as session:
            landed = session.read_csv(str(path), all_varchar=True, header=True, delimiter=",", quotechar='"')
            landed.write_parquet(str(folder / f"{table}.parquet"))
        path.unlink()
    else:
        _write_csv(folder / f"{table}.csv", columns, rows)


def _native(text):
    """Whole numbers and booleans as JSON has them; the text of every other cell."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text and re.fullmatch("0|[1-9][0-9]{0,8}", text) else text
