"""What was measured, as Markdown."""

import os
import platform
from datetime import date
from importlib.metadata import version

from support.benchmark.measure import Measured

MEANING = {
    "floor": "one DuckDB statement: contact × group points with half-life, nothing else",
    "empty": "a build of the same tables without a row: what dbt costs",
    "cold": "a build from nothing",
    "nothing": "the same build again",
    "day": "one more day has landed, and it is scored",
    "quarter day": "the same, but only a quarter of the day's events have landed",
    "late": "one event in a thousand has landed a month late",
    "rule edit": "one weight has changed",
    "pandas": "the sums of the floor in pandas",
    "polars": "the sums of the floor in Polars",
    "plain dbt": "the sums of the floor as a dbt model",
}


def describe(results: dict[float, dict[str, Measured]]) -> str:
    """Tables of all that was measured, and the ratios between."""
    size = max(results)
    return "\n".join([*machine(size), "", *table(results[size]), "", *ratios(results)])


def machine(size: float) -> list[str]:
    """What the figures were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{package} {version(package)}" for package in ("duckdb", "dbt-core", "dbt-duckdb"))
    return [
        f"{size:,.0f} demo events, {date.today()}: {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, "
        f"Python {platform.python_version()}, {packages}."
    ]


def table(runs: dict[str, Measured]) -> list[str]:
    """One line for each kind of run."""
    floor = runs["floor"].seconds
    return [
        "| run | what it is | seconds | × floor | peak memory (MB) |",
        "| --- | --- | ---: | ---: | ---: |",
        *(
            f"| {kind} | {MEANING[kind]} | {run.seconds:.1f} | {run.seconds / floor:.1f} | {run.peak_mb:,.0f} |"
            for kind, run in sorted(runs.items(), key=lambda run: [*MEANING].index(run[0]))
        ),
    ]


def ratios(results: dict[float, dict[str, Measured]]) -> list[str]:
    """The ratios that a reader asks for; `empty` stands for what dbt costs whatever lands."""
    size, runs = max(results), results[max(results)]
    seconds = {kind: run.seconds for kind, run in runs.items()}
    work = seconds["cold"] - seconds["empty"]
    lines = ["| ratio | |", "| --- | ---: |", f"| cold : floor | {seconds['cold'] / seconds['floor']:.1f} |"]
    lines += [
        f"| ({kind} − empty) : (cold − empty) | {(seconds[kind] - seconds['empty']) / work:.2f} |"
        for kind in ("day", "late", "rule edit")
    ]
    if len(results) > 1:
        quarter = {kind: run.seconds for kind, run in results[min(results)].items()}
        growth = work / (quarter["cold"] - seconds["empty"])
        lines.append(f"| growth of cold − empty from {min(results):,.0f} to {size:,.0f} events | {growth:.1f} |")
        lines.append(f"| growth of day, of as many new events | {seconds['quarter day'] / quarter['day']:.1f} |")
        lines.append(f"| growth of day, of four times the new events | {seconds['day'] / quarter['day']:.1f} |")
    return lines
