"""The floor: one statement of DuckDB. Arguments: events, scorebook, moment, file to write."""

import sys
from pathlib import Path

import duckdb

events, scorebook, as_of, out = sys.argv[1:]
statement = Path(__file__).with_name("sum.sql").read_text()
for key, value in (("$events", events), ("$scorebook", scorebook), ("$as_of", f"'{as_of}'")):
    statement = statement.replace(key, value)
duckdb.execute(f"copy ({statement}) to '{out}' (format parquet)")
