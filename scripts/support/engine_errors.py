"""What went wrong inside dbt or the engine, in one sentence that says where and what to do."""

import json
import os
import re
from itertools import islice
from pathlib import Path

DECORATION = re.compile(r"^(Encountered an error:\s*)?((Compilation|Runtime|Database|Parsing|Dependency) Error\b.*\n)?")
CALL_STACK = re.compile(r"\n\s*> (in|called by) .*", re.DOTALL)

CSV_PLACE = re.compile(r"CSV Error on Line: (?P<line>\d+)\n.*file = (?P<file>[^\n]+)", re.DOTALL)
CSV_FILE = re.compile(r"Invalid Input Error: .*file = (?P<file>[^\n]+)", re.DOTALL)
SNIFFED = re.compile(r'Error when sniffing file "(?P<file>[^"]+)"')
JSON_PLACE = re.compile(
    r'Malformed JSON in file "(?P<file>[^"]+)", at byte \d+ in line (?P<line>\d+): (?P<what>[^\n]+)'
)
PARQUET_FILE = re.compile(r"""(?:[Ff]ile|Parquet) ["'](?P<file>[^"']+\.parquet)["']""")
LOCKED = re.compile(
    r'Could not set lock on file "(?P<file>[^"]+)".*?(held in (?P<program>\S+) )?\(PID (?P<pid>\d+)\)', re.DOTALL
)
DAMAGED = re.compile(r"TProtocolException|[Dd]ecompression")
NOT_A_DATABASE = re.compile(r'The file "(?P<file>[^"]+)" exists, but it is not a valid DuckDB database file')
OTHER_VERSION = re.compile(r"Trying to read a database file with version number")
CANNOT_OPEN = re.compile(r'Cannot open file "(?P<file>[^"]+)": (?P<what>[^\n]+)')
DISK_FULL = re.compile(r"No space left on device|max_temp_directory_size")
MEMORY_FULL = re.compile(r"Out of Memory Error")
NOT_BUILT = re.compile(r'Table with name "?(?P<table>[\w.]+)"? does not exist')
# The engine leaves out a schema that is there; the line of SQL that it shows has it.
WITH_SCHEMA = r'(\w+)"?\."?{}\b'
NO_MEMORY_LIMIT = re.compile(r"Memory must have a number|Unknown unit for memory")
MORE_THAN_THERE_IS = re.compile(r"cannot be greater than the virtual memory size")


def in_one_sentence(message: str, node: str | None = None) -> str:
    """The sentence for an error message of dbt; `node` is the model, seed or test in which it arose."""
    is_raised_by_us = "Compilation Error" in message
    text = CALL_STACK.sub("", DECORATION.sub("", message.strip(), count=1)).strip()
    known = csv_sentence(text) or json_sentence(text) or file_sentence(text) or space_sentence(text)
    if known:
        return known
    if node and (found := NOT_BUILT.search(text)):
        table = found["table"]
        if seen := re.search(WITH_SCHEMA.format(re.escape(table)), text):
            table = f"{seen[1]}.{table}"
        return f"{node}: it reads {table}, which is not in the database; build that first, or everything"
    if DAMAGED.search(text):
        return f"{node}: a Parquet file that it reads is damaged or incomplete"
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["dbt gave no reason"]
    if is_raised_by_us:
        return " ".join(lines)
    return f"{node}: {lines[0]}" if node else " ".join(lines[:2])


def csv_sentence(text: str) -> str | None:
    """The sentence for a CSV file that cannot be read."""
    place = CSV_PLACE.search(text)
    if place:
        where = f"{place['file']}:{place['line']}"
        columns = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if columns:
            return (
                f"{where}: the row has {columns[2]} cells, the header {columns[1]}; text with a separator needs quotes"
            )
        if "Invalid unicode" in text:
            return f"{where}: the line is not UTF-8; save the file in UTF-8"
        if "unterminated quote" in text:
            return f'{where}: a quote is not closed, or text follows it; write a quote within a cell as ""'
        if "Maximum line size" in text:
            return f"{where}: the line is longer than 2,000,000 bytes; a quote may not be closed"
        return f"{where}: the line cannot be read as CSV"
    file = CSV_FILE.search(text) or SNIFFED.search(text)
    return f"{file['file']}: cannot be read as CSV; look for unclosed quotes and mixed line ends" if file else None


def json_sentence(text: str) -> str | None:
    """The sentence for a JSON Lines file that cannot be read."""
    place = JSON_PLACE.search(text)
    if not place:
        return None
    what = place["what"].strip(" .")
    advice = "save the file in UTF-8" if "UTF-8" in what else "every line must be one JSON object"
    return f"{place['file']}:{json_line(place['file'], int(place['line']))}: {what}; {advice}"


def json_line(file: str, reported: int) -> int:
    """The line that is no JSON: the engine reports it or the one after it."""
    try:
        with Path(file).open("rb") as lines:
            for number, line in enumerate(islice(lines, max(reported - 2, 0), reported), max(reported - 1, 1)):
                try:
                    json.loads(line)
                except ValueError:
                    return number
    except OSError:
        pass
    return reported


def file_sentence(text: str) -> str | None:
    """The sentence for a Parquet file or a database that cannot be opened."""
    if found := LOCKED.search(text):
        holder = f" ({Path(found['program']).name}, PID {found['pid']})" if found["pid"] else ""
        return f"{found['file']} is in use by another process{holder}; close it or wait for its end, then try again"
    if found := NOT_A_DATABASE.search(text):
        return f"{found['file']} is not a DuckDB database; name another file with --database"
    if OTHER_VERSION.search(text):
        return "the database was written by another version of DuckDB; name a new file with --database"
    if found := PARQUET_FILE.search(text):
        return f"{found['file']}: cannot be read as Parquet; the file is damaged or incomplete"
    if found := CANNOT_OPEN.search(text):
        return f"{found['file']} cannot be opened: {found['what']}"
    return None


def space_sentence(text: str) -> str | None:
    """The sentence for a machine that is too small, or that may not give what it has."""
    if DISK_FULL.search(text):
        return "the disk is full; free some space, or name a database on another disk with --database"
    limit = os.environ.get("SCORING_MEMORY", "4GB")
    if MEMORY_FULL.search(text):
        return (
            "the memory is not enough for this build; give it more by the environment variable SCORING_MEMORY "
            f"(now {limit}), if the machine has it"
        )
    # The engine takes less than nothing for more than there is.
    if NO_MEMORY_LIMIT.search(text) or (MORE_THAN_THERE_IS.search(text) and limit.lstrip().startswith("-")):
        return f"SCORING_MEMORY: '{limit}' is no amount of memory; write it as 8GB"
    if MORE_THAN_THERE_IS.search(text):
        return (
            f"builds may take {limit} of memory, which is more than this machine has; set the environment variable "
            "SCORING_MEMORY to less, such as 1GB"
        )
    return None
