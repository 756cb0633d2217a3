"""scripts/build.py: what it refuses, how it shows a build, and how it says what went wrong."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
import yaml

import build as build_command
from conftest import ROOT, run_build
from support import console, dbt_runner
from support.console import CannotRun, PlainProgress, is_terminal
from support.database import moment_of, opened
from support.dbt_runner import follow, run_dbt
from support.engine_errors import in_one_sentence
from support.fingerprint import Basis, basis, can_continue, last_basis, record, with_files_read
from support.replacement import building_file
from support.timestamps import parse_timestamp
from support.workspace import copy_scorebook, locked, remove_abandoned, workspace_of

LOGS = Path(__file__).parent / "dbt_logs"  # recorded from dbt builds of a project of two models, two tests and a seed

PROFILE = yaml.safe_load((ROOT / "profiles.yml").read_text())["scoring"]["outputs"]["duckdb"]
SHARE = PROFILE["settings"]["block_allocator_memory"]


def build(*arguments, **options):
    """Run the command; its progress goes to stderr."""
    command = [sys.executable, ROOT / "scripts" / "build.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def start(*arguments):
    """Begin the command; its progress is there to be read."""
    command = [sys.executable, ROOT / "scripts" / "build.py", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def landed(tmp_path):
    """A folder with one contact and one event."""
    folder = tmp_path / "landed"
    folder.mkdir()
    (folder / "contacts.csv").write_text("contact_id,created_at\nc1,2024-01-01\n")
    (folder / "events.csv").write_text("event_id,contact_id,event_type,occurred_at\ne1,c1,email_open,2024-01-02\n")
    return folder


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One file for all builds here: dbt parses the project anew for each database that it has not seen."""
    return tmp_path_factory.mktemp("built") / "a.duckdb"


# Arguments


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--input", "nowhere"], "--input: there is no folder nowhere"),
        (["--input", ".", "--scorebook", "nowhere"], "--scorebook: there is no folder nowhere"),
        (["--input", ".", "--as-of", "yesterday"], "--as-of: 'yesterday' is not a timestamp; write it as 2024-01-31"),
        (["--input", ".", "--as-of", ""], "--as-of: '' is not a timestamp"),
        (["--input", ".", "--as-of", "2024-13-01"], "--as-of: '2024-13-01' is not a timestamp"),
        (["--input", ".", "--database", "."], "--database: . is a folder; name a file in it"),
        (["--input", ".", "--database", "file/x.duckdb"], "--database: the folder {}/file cannot be made: "),
        (["--input", ".", "--database", "Main.duckdb"], "--database: Main.duckdb is a name that the engine cannot use"),
        (["--input", ".", "--database", "a'b.duckdb"], "--database: a'b.duckdb is a name that the engine cannot use"),
        (
            ["--input", ".", "--database", ".Main.v2.duckdb"],
            "--database: .Main.v2.duckdb is a name that the engine cannot",
        ),
        (["--input", ".", "--threads", "0"], "--threads must be at least 1"),
    ],
)
def test_wrong_arguments_end_with_one_sentence(tmp_path, arguments, sentence):
    (tmp_path / "file").touch()
    done = build(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence.format(tmp_path))
    assert done.stderr.count("\n") == 1


def test_help_names_the_defaults():
    done = build("--help", cwd=ROOT)
    assert done.returncode == 0
    for default in ("target/demo", "seeds", "target/scoring.duckdb", "now", "profiles.yml"):
        assert re.search(rf"\(default:\s[^)]*{default}", done.stdout), default


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-31", datetime(2024, 1, 31)),
        (" 2024-01-31 09:30 ", datetime(2024, 1, 31, 9, 30)),
        ("2024-01-31t09:30:00z", datetime(2024, 1, 31, 9, 30)),
        ("2024-01-31T09:30:00+02:00", datetime(2024, 1, 31, 7, 30)),
        ("2024-01-31 09:30:00.1234567-0530", datetime(2024, 1, 31, 15, 0, 0, 123456)),
    ],
)
def test_timestamps_are_read_as_utc(text, moment):
    assert parse_timestamp(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "20240131",
        "2024-01-31 09",
        "2024-01-31 24:00",
        "2024-01-31 09:60",
        "2024-01-31 09:30 Z",
        "2024-01-31 09:30+16:00",
        "2024-01-31Z",
        "2024-02-30",
        "24-01-31",
        "now",
        "0001-01-01 00:00+01:00",
    ],
)
def test_anything_else_is_no_timestamp(text):
    with pytest.raises(ValueError):
        parse_timestamp(text)


def test_mistakes_of_the_scorebook_stop_the_build(tmp_path, landed):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "event_weights.csv").write_bytes(b"")
    done = build("--input", landed, "--scorebook", "book", "--database", "x.duckdb", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "book/score_groups.csv: the file is missing, but every scorebook needs it",
        "book/event_weights.csv:1: the header line is missing; it must be "
        + (ROOT / "seeds" / "event_weights.csv").read_text().splitlines()[0],
        "2 mistakes in the scorebook; nothing was built",
    ]
    assert not (tmp_path / "x.duckdb").exists()


def test_a_scorebook_that_is_spoilt_after_its_check_is_not_built(tmp_path, landed, monkeypatch, capsys):
    shutil.copytree(ROOT / "seeds", tmp_path / "book")

    def spoilt(folder, workspace):
        with (folder / "event_weights.csv").open("a") as file:
            file.write("half of a row")
        return copy_scorebook(folder, workspace)

    monkeypatch.setattr(build_command, "copy_scorebook", spoilt)
    options = ["build.py", "--input", landed, "--scorebook", tmp_path / "book", "--database", tmp_path / "x.duckdb"]
    monkeypatch.setattr(sys, "argv", list(map(str, options)))
    assert build_command.main() == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"{tmp_path}/book/event_weights.csv:")
    assert said[1] == "1 mistake in the scorebook; nothing was built"
    assert not building_file(tmp_path / "x.duckdb").parent.exists()


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("a.duckdb", "--database: {}/a.duckdb cannot be written"),
        (".", "--database: the folder of {}/a.duckdb cannot be written, and a build takes place in it"),
    ],
)
def test_a_database_and_its_folder_must_be_writable(tmp_path, monkeypatch, place, sentence):
    (tmp_path / "a.duckdb").touch()
    # Root may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode & os.W_OK and path == tmp_path / place))
    with pytest.raises(console.CannotRun) as refused:
        build_command.database_file(tmp_path / "a.duckdb")
    assert str(refused.value) == sentence.format(tmp_path)


# Workspace


def test_each_database_has_its_own_workspace(tmp_path):
    one, other = workspace_of(tmp_path / "a.duckdb"), workspace_of(tmp_path / "b" / "a.duckdb")
    assert one != other
    assert one == workspace_of(tmp_path / "a.duckdb")
    assert one.is_relative_to(ROOT / "target")


def test_a_second_build_of_a_database_is_kept_out(tmp_path):
    refusal = pytest.raises(console.CannotRun, match=r"another build of .*a\.duckdb is running; wait for its end")
    with locked(tmp_path, tmp_path / "a.duckdb"), refusal, locked(tmp_path, tmp_path / "a.duckdb"):
        pytest.fail("two builds hold one lock")
    with locked(tmp_path, tmp_path / "a.duckdb"):
        assert (tmp_path / "lock").exists()


def test_a_build_waits_for_what_a_killed_one_leaves_for_a_moment(tmp_path):
    with ExitStack() as dying:
        dying.enter_context(locked(tmp_path, tmp_path / "a.duckdb"))
        threading.Timer(0.3, dying.close).start()
        with locked(tmp_path, tmp_path / "a.duckdb"):
            assert (tmp_path / "lock").exists()


def test_two_nodes_are_built_at_a_time_while_events_leave_room_for_both():
    def nodes(*sizes):
        stamps = {f"{number}.parquet": [number, size, 0] for number, size in enumerate(sizes)}
        return build_command.nodes_at_a_time(Basis("rules", "tables", stamps, "2024-01-01T00:00:00"))

    assert nodes() == nodes(100_000_000, 100_000_000) == 2
    assert nodes(100_000_000, 100_000_001) is None


def test_only_old_workspaces_of_lost_databases_are_removed(tmp_path):
    (tmp_path / "there.duckdb").touch()
    for name, database, age in (("new", "gone", 0), ("old", "gone", 2), ("kept", "there", 2)):
        with locked(tmp_path / "work" / name, tmp_path / f"{database}.duckdb"):
            moment = time.time() - age * 86400
        os.utime(tmp_path / "work" / name / "lock", (moment, moment))
    remove_abandoned(tmp_path / "work")
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["kept", "new"]


def test_the_copy_of_a_scorebook_is_complete(tmp_path):
    book, work = tmp_path / "book", tmp_path / "work"
    book.mkdir()
    work.mkdir()
    groups = b"\xef\xbb\xbf" + (ROOT / "seeds" / "score_groups.csv").read_bytes().replace(b"\n", b"\r\n")
    (book / "score_groups.csv").write_bytes(groups)
    copy = copy_scorebook(book, work)
    assert sorted(path.name for path in copy.iterdir()) == sorted(path.name for path in (ROOT / "seeds").iterdir())
    assert (copy / "score_groups.csv").read_bytes() == groups
    assert (copy / "stages.csv").read_text() == "stage,position,label,ready_points,interactions_expected\n"
    (book / "score_groups.csv").write_bytes(b"")
    assert (copy_scorebook(book, work) / "score_groups.csv").read_bytes() == b""


# Following dbt


def recorded(name, progress=None):
    """What comes of a recorded log."""
    with (LOGS / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return follow(lines, progress or PlainProgress())


def test_each_step_is_a_plain_line(capsys):
    outcome = recorded("built")
    lines = [re.sub(r"\d\.\d s", "… s", line) for line in capsys.readouterr().err.splitlines()]
    assert lines == [
        "[1/5] seed stages: … s",
        "[2/5] test not_null_stages_stage: … s",
        "[3/5] model one: … s",
        "[4/5] model two: … s",
        "[5/5] test assert_ok: … s",
    ]
    assert outcome.counts == "1 seed, 2 tests, 2 models"
    assert outcome.causes == []


def test_steps_are_counted_as_they_end_whatever_order_they_began_in(capsys):
    with (LOGS / "built.jsonl").open(encoding="utf-8") as lines:
        log = list(lines)
    ends = [place for place, line in enumerate(log) if json.loads(line)["info"]["name"] == "LogModelResult"]
    log[ends[0]], log[ends[1]] = log[ends[1]], log[ends[0]]
    follow(log, PlainProgress())
    numbers = [re.match(r"\[(\d)/5\] (?:model )?(\w+)", line).groups() for line in capsys.readouterr().err.splitlines()]
    assert numbers == [("1", "seed"), ("2", "test"), ("3", "two"), ("4", "one"), ("5", "test")]


def test_a_failed_step_says_so_and_those_behind_it_nothing(capsys):
    outcome = recorded("wrong_column")
    assert capsys.readouterr().err.splitlines()[-1:] == ["[3/5] model one: error"]
    assert [step.status for step in outcome.steps[-2:]] == ["skipped", "skipped"]


def test_the_bar_shows_only_what_failed(capsys, monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    progress = console.BarProgress()
    recorded("wrong_column", progress)
    assert progress.bar.tasks[0].total == progress.bar.tasks[0].completed == 5
    progress.close()
    assert capsys.readouterr().err.strip() == "model one: error"


@pytest.mark.parametrize(
    ("name", "causes"),
    [
        ("mistake", ["stages.csv: position: x is bad"]),
        ("test_without_sentence", ["the test assert_other failed; rows that break it: 1"]),
        ("broken_input", ["latin.csv:3: the line is not UTF-8; save the file in UTF-8"]),
        (
            "raised",
            [
                "no events found in landing: expected events.parquet, events.csv, events.jsonl"
                " or a folder events/ of such files"
            ],
        ),
        ("raised_in_macro", ["alias cycle: a1, a2"]),
        ("wrong_column", ['one: Binder Error: Referenced column "nope" not found in FROM clause!']),
    ],
)
def test_a_failed_build_gives_its_causes(name, causes):
    assert recorded(name).causes == causes


def test_what_dbt_says_outside_its_log_is_not_lost():
    lines = ["Usage: dbt build [OPTIONS]\n", "\n", "Error: Invalid value for '--threads': 'x' is not an integer.\n"]
    assert follow(lines, PlainProgress()).causes == ["Invalid value for '--threads': 'x' is not an integer."]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import there_is_no_such_module", "ModuleNotFoundError: No module named 'there_is_no_such_module'"),
        ("raise SystemExit(1)", "it gave no reason"),
    ],
)
def test_a_dbt_that_cannot_even_begin_says_why(tmp_path, monkeypatch, capsys, code, reason):
    (tmp_path / "broken.py").write_text(code)
    monkeypatch.setattr(dbt_runner, "DBT", tmp_path / "broken.py")
    outcome = run_dbt([], {}, PlainProgress(), is_debug=True)
    assert (outcome.status, outcome.causes) == (1, [f"dbt failed: {reason}; scripts/build.py --debug tells more"])
    assert capsys.readouterr().err.splitlines()[-1:] == outcome.stray[-1:]


@pytest.mark.parametrize(
    ("variables", "is_watched"),
    [({}, True), ({"CI": "true"}, False), ({"TERM": "dumb"}, False), ({"NO_COLOR": "1"}, True)],
)
def test_a_bar_needs_somebody_who_watches(monkeypatch, variables, is_watched):
    for name in ("CI", "TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    reader, writer = os.openpty()
    with os.fdopen(reader), os.fdopen(writer, "w") as terminal:
        assert is_terminal(terminal) == is_watched
    with Path(os.devnull).open() as nobody:
        assert not is_terminal(nobody)


# Explaining


def engine_error(statement, database=":memory:"):
    """The message of the engine for a statement, as dbt passes it on."""
    connection = duckdb.connect(database)
    try:
        with pytest.raises(duckdb.Error) as caught:
            connection.execute(statement).fetchall()
    finally:
        connection.close()
    message = "\n  ".join(str(caught.value).splitlines())
    return f"Runtime Error in model stg_events (models/staging/stg_events.sql)\n  {message}"


CSV = """
    select * from read_csv(
        '{}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
        columns = {{'a': 'VARCHAR', 'b': 'VARCHAR'}}
    )
"""
JSON = "select * from read_json('{}', format = 'newline_delimited', columns = {{'a': 'VARCHAR'}})"
PARQUET = "select * from read_parquet('{}')"


BROKEN_CSV = [
    (b"a,b\n1,2\n3,\xe9\n", "{}:3: the line is not UTF-8; save the file in UTF-8"),
    (b"a,b\n1,2\n3,4,5\n", "{}:3: the row has 3 cells, the header 2; text with a separator needs quotes"),
    (b"a,b\n1\n", "{}:2: the row has 1 cells, the header 2; text with a separator needs quotes"),
    (b'a,b\n1,"2\n', '{}:2: a quote is not closed, or text follows it; write a quote within a cell as ""'),
    (b"a,b\n1," + b"x" * 3_000_000, "{}:2: the line is longer than 2,000,000 bytes; a quote may not be closed"),
    (b"a,b\r\n1,2\n3,4\r\n", "{}: cannot be read as CSV; look for unclosed quotes and mixed line ends"),
]
BROKEN_JSON = [
    (b'{"a": 1}\n{"a": x}\n', "{}:2: unexpected character; every line must be one JSON object"),
    (b'{"a": x}\n', "{}:1: unexpected character; every line must be one JSON object"),
    (b'{"a": "\xe9"}\n', "{}:1: invalid UTF-8 encoding in string; save the file in UTF-8"),
]
BROKEN_PARQUET = [
    (b"small", "{}: cannot be read as Parquet; the file is damaged or incomplete"),
    (b"no parquet" * 100, "{}: cannot be read as Parquet; the file is damaged or incomplete"),
]


@pytest.mark.parametrize(
    ("name", "statement", "content", "sentence"),
    [("e.csv", CSV, *case) for case in BROKEN_CSV]
    + [("e.jsonl", JSON, *case) for case in BROKEN_JSON]
    + [("e.parquet", PARQUET, *case) for case in BROKEN_PARQUET],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, name, statement, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    assert in_one_sentence(engine_error(statement.format(path)), "stg_events") == sentence.format(path)


@pytest.mark.parametrize("damage", [slice(1000, 3000), slice(-400, -8)])
def test_damage_within_a_parquet_file_is_seen(tmp_path, damage):
    path = tmp_path / "e.parquet"
    duckdb.sql(f"copy (select range as a, md5(range::varchar) as b from range(50000)) to '{path}'")
    content = bytearray(path.read_bytes())
    content[damage] = bytes(len(content[damage]))
    path.write_bytes(content)
    message = engine_error(f"select sum(hash(a, b)) from read_parquet('{path}')")
    sentence = in_one_sentence(message, "landed_events")
    assert sentence.removeprefix(f"{path}: ") in (
        "cannot be read as Parquet; the file is damaged or incomplete",
        "landed_events: a Parquet file that it reads is damaged or incomplete",  # the engine names no file
    )


def test_a_database_in_use_names_who_uses_it(tmp_path):
    path = tmp_path / "a.duckdb"
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('open', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(duckdb.Error) as caught:
            duckdb.connect(path)
    finally:
        holder.communicate()
    sentence = in_one_sentence(f"Encountered an error:\n{caught.value}")
    assert sentence.startswith(f"{path} is in use by another process (python")
    assert sentence.endswith(f", PID {holder.pid}); close it or wait for its end, then try again")


def test_a_foreign_file_is_no_database(tmp_path):
    path = tmp_path / "a.duckdb"
    path.write_text("hello")
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect(path)
    assert in_one_sentence(str(caught.value)) == f"{path} is not a DuckDB database; name another file with --database"


@pytest.mark.parametrize("schema", ["", "create schema scorebook;"])
def test_what_a_part_of_a_build_needs_is_named(schema):
    message = engine_error(f'{schema} select * from "memory"."scorebook"."stages"')
    sentence = "build_info: it reads scorebook.stages, which is not in the database; build that first, or everything"
    assert in_one_sentence(message, "build_info") == sentence


@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_keep_no_command_from_its_work(tmp_path, closed):
    """What is printed is lost, and stands in no file that is opened meanwhile."""
    code = """
import os, subprocess, sys
from support.console import command, tell
def main():
    with open(sys.argv[1], "w") as file:
        print("printed", flush=True)
        tell("told")
        subprocess.run(["sh", "-c", "echo one; echo two >&2"], check=True)
        print("written", file=file)
    return 3
command(main)
"""
    path = tmp_path / "file"
    shell = ["sh", "-c", f'"$@" {closed}', "sh", sys.executable, "-c", code, str(path)]
    done = subprocess.run(shell, env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")}, check=False)
    assert (done.returncode, path.read_text()) == (3, "written\n")


def test_a_full_disk_and_too_little_memory_are_told_apart(tmp_path):
    full = f"set memory_limit = '60MB'; set temp_directory = '{tmp_path}'; set max_temp_directory_size = '1MB';"
    sort = "create table t as select hash(range) as b from range(5000000) order by b"
    assert in_one_sentence(engine_error(full + sort)).startswith("the disk is full; ")
    assert in_one_sentence(engine_error(f"set memory_limit = '20MB'; set temp_directory = ''; {sort}")).startswith(
        "the memory is not enough for this build; give it more by the environment variable SCORING_MEMORY (now 4GB), "
    )
    said = 'IO Error: Could not write file "x": No space left on device'
    assert in_one_sentence(said).startswith("the disk is full; ")


@pytest.mark.parametrize("limit", ["lots", "8XB", "-1GB"])
def test_an_amount_of_memory_that_is_none_is_told(limit, monkeypatch):
    monkeypatch.setenv("SCORING_MEMORY", limit)
    sentence = in_one_sentence(engine_error(f"set memory_limit = '{limit}'; set block_allocator_memory = '{SHARE}'"))
    assert sentence == f"SCORING_MEMORY: '{limit}' is no amount of memory; write it as 8GB"


def test_more_memory_than_there_is_is_told(monkeypatch):
    monkeypatch.setenv("SCORING_MEMORY", "999TB")
    sentence = in_one_sentence(engine_error(f"set memory_limit = '999TB'; set block_allocator_memory = '{SHARE}'"))
    assert sentence.startswith("builds may take 999TB of memory, which is more than this machine has; set ")


# End to end


def test_a_build_from_anywhere_into_any_folder(tmp_path, landed):
    folder = tmp_path / "it's über here"
    folder.mkdir()
    landed.rename(folder / "landed [1]")
    done = build(
        "--input", "landed [1]", "--database", "new/a b-c.duckdb", "--as-of", "2024-02-01T02:00+02:00", cwd=folder
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"built \d+ models, [\w, ]+ in [\d.]+ s, as of 2024-02-01 00:00:00, into new/a b-c\.duckdb\n"
        r"next: .*scripts/report\.py --database 'new/a b-c\.duckdb'\n",
        done.stdout,
    )
    assert re.match(r"\[ *1/(\d+)\] .*\n", done.stderr)
    assert f"[{done.stderr.count(chr(10))}/{done.stderr.count(chr(10))}] " in done.stderr.splitlines()[-1]
    with duckdb.connect(str(folder / "new" / "a b-c.duckdb"), read_only=True) as connection:
        rows = connection.execute("select contact_id, as_of from contact_scores").fetchall()
    assert rows == [("c1", datetime(2024, 2, 1))]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            {"events.csv": b"event_id,contact_id,event_type,occurred_at\ne1,c1,caf\xe9,2024-01-02\n"},
            "{0}/events.csv:2: the line is not UTF-8; save the file in UTF-8",
        ),
        (
            {"events.csv": None, "events.jsonl": b'{"event_id": 1,\n'},
            "{0}/events.jsonl:1: unexpected end of data; every line must be one JSON object",
        ),
        ({"events.csv": b"\nevent_id\n"}, "{0}/events.csv:1: the first line is blank; it must name the columns"),
    ],
)
def test_broken_input_ends_with_one_sentence(database, landed, damage, sentence):
    for name, content in damage.items():
        if content is None:
            (landed / name).unlink()
        else:
            (landed / name).write_bytes(content)
    done = run_build("--input", landed, "--database", database, "--select", "landed_events")
    assert (done.returncode, done.stdout) == (1, "")
    said = [line for line in done.stderr.splitlines() if not line.startswith("[")]
    assert len(said) == 2
    assert said[0].startswith(sentence.format(landed))
    assert said[1].startswith("how far the build came is in ")


@pytest.mark.parametrize("table", ["events", "contacts"])
def test_without_what_is_needed_nothing_is_begun(tmp_path, landed, table):
    (landed / f"{table}.csv").rename(landed / f"{table}.xlsx")
    done = run_build("--input", landed, "--database", tmp_path / "a.duckdb")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"no {table} found in {landed}: expected {table}.parquet, {table}.csv, {table}.jsonl or a folder {table}/ of "
        "such files\n"
    )
    assert not list(tmp_path.glob(".*.building"))


def test_needed_tables_without_a_byte_are_refused_and_without_a_row_are_not(landed):
    (landed / "events.csv").write_text("event_id\n")
    build_command.refuse_incomplete(landed, {})
    (landed / "contacts.csv").write_text("")
    with pytest.raises(console.CannotRun, match=r"/contacts\.csv is empty; land it again, or a CSV file of the header"):
        build_command.refuse_incomplete(landed, {})
    build_command.refuse_incomplete(landed, {"contacts": "crm.people"})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("events/1.CSV", "/events/1.CSV would not be read; write its ending in small letters"),
        ("accounts.Parquet", "/accounts.Parquet would not be read; write its ending in small letters"),
        ("events/back\\slash.csv", "slash.csv would not be read; give it a name in UTF-8 without a backslash"),
        ("events/m\udce4rz.csv", "/events/m\\xe4rz.csv would not be read; give it a name in UTF-8 without a backslash"),
    ],
)
def test_a_file_that_the_engine_would_pass_over_is_refused(landed, name, sentence):
    (landed / name).parent.mkdir(exist_ok=True)
    (landed / name).write_text("event_id\n")
    with pytest.raises(console.CannotRun) as refusal:
        basis(landed, landed / "no scorebook", "", "2024-02-01")
    assert str(refusal.value).endswith(sentence)


def test_what_lies_beside_the_tables_is_not_looked_at(landed):
    before = basis(landed, landed / "no scorebook", "", "2024-02-01")
    for name in ("archive", "events.old"):
        (landed / name).mkdir()
        (landed / name / "link").symlink_to(landed)
        (landed / name / "1.csv").write_text("event_id\n")
    assert basis(landed, landed / "no scorebook", "", "2024-02-01") == before


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"a.jsonl": '{"contact_id": "c1", "created_at": "2023-12-01", "size": 1, "Size": 2}\n'},
            "{0}/a.jsonl: the column size is spelled Size too; use the same capitals everywhere",
        ),
        (
            {
                "a.jsonl": '{"contact_id": "c1", "created_at": "2023-12-01", "size": 1, "size_1": 2}\n',
                "b.jsonl": '{"Contact_id": "c2", "created_at": "2023-12-01"}\n',
            },
            "{0}/b.jsonl: the column Contact_id is spelled contact_id in {0}/a.jsonl; use the same capitals everywhere",
        ),
        (
            {"a.csv": "contact_id,created_at,size\n", "b.csv": "contact_id,created_at,Size\n"},
            "{0}/b.csv: the column Size is spelled size in {0}/a.csv; use the same capitals everywhere",
        ),
    ],
)
def test_attributes_that_differ_only_in_capitals_are_not_taken_for_one(database, landed, files, sentence):
    (landed / "contacts.csv").unlink()
    (landed / "contacts").mkdir()
    for name, text in files.items():
        (landed / "contacts" / name).write_text(text)
    done = run_build("--input", landed, "--database", database, "--select", "landed_contacts")
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence.format(landed / "contacts") in done.stderr.splitlines()


def test_keys_may_look_as_if_they_had_been_numbered(database, landed):
    (landed / "contacts.csv").unlink()
    (landed / "contacts.jsonl").write_text('{"contact_id": "c1", "created_at": "2023-12-01", "size": 1, "Size_1": 2}\n')
    done = run_build("--input", landed, "--database", database, "--select", "landed_contacts")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute(
            "select whole_row.size, whole_row.Size_1 from internal.landed_contacts"
        ).fetchall() == [("1", "2")]


def test_names_of_files_are_no_patterns_and_cells_may_hold_line_ends(database, landed):
    (landed / "events.csv").unlink()
    (landed / "events").mkdir()
    header = "event_id,contact_id,event_type,occurred_at,asset"
    for name in ("p1", "p[1]", "p*"):
        (landed / "events" / f"{name}.csv").write_text(f"{header}\n{name},c1,visit,2024-01-02,\n")
    row = 'two lines,c1,visit,2024-01-02,"one\ntwo"'
    (landed / "events" / "windows.csv").write_text(f"{header}\r\n{row}\r\n", newline="")
    done = run_build("--input", landed, "--database", database, "--select", "+stg_events")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select event_id, verdict, asset from internal.stg_events order by event_id"
        ).fetchall()
    assert rows == [
        ("p*", "used", None),
        ("p1", "used", None),
        ("p[1]", "used", None),
        ("two lines", "used", "one\ntwo"),
    ]


def test_what_exports_make_of_names_and_times_is_understood(database, landed):
    (landed / "contacts.csv").write_text('contact_id,created_at,"Title, long ""name"""\nc1,2024-01-01,"Head, sales"\n')
    (landed / "events.csv").unlink()
    (landed / "events" / "channel=web").mkdir(parents=True)
    (landed / "events" / "channel=web" / "1.csv").write_text(
        "EVENT_ID,contact_id,event_type,occurred_at,channel,properties\n"
        'e1,c1,visit,2024-01-02,email,"\n\t{""plan"": 1}"\ne2,c1,visit,2024-01-02,email,"\n[1]"\n'
    )
    (landed / "stage_changes.csv").write_text("CONTACT_ID,Stage,CHANGED_AT\nc1,nowhere,2024-01-03\n")
    times = {"conversions": "timestamp_ns '2024-01-05 10:00:00.123456789'"}
    times["survey_responses"] = "cast(timestamptz '2024-01-05 10:00:00.123456+02' as timestamptz_ns)"
    for (table, moment), column in zip(times.items(), ("converted_at", "responded_at"), strict=True):
        row = f"select 'r1' as response_id, 'c1' as contact_id, 7 as rating, {moment} as {column}"
        duckdb.execute(f"copy ({row}) to '{landed}/{table}.parquet'")
    done = run_build("--input", landed, "--database", database, "--select", "+rejected_rows", "+stg_conversions")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(database), read_only=True) as connection:
        events = connection.execute("select event_id, channel, verdict from internal.stg_events order by 1").fetchall()
        raw = connection.execute("select raw from internal.stg_contacts").fetchall()
        keys = connection.execute("select row_key, reason from rejected_rows order by 1").fetchall()
        moments = [
            connection.execute(f"select {column} from internal.stg_{table}").fetchone()[0]
            for table, column in (("conversions", "converted_at"), ("survey_responses", "responded_at"))
        ]
    assert events == [("e1", "email", "used"), ("e2", "email", "bad_value")]
    assert json.loads(raw[0][0])['Title, long "name"'] == "Head, sales"
    assert keys == [("c1|nowhere|2024-01-03", "unknown_stage"), ("e2", "bad_value")]
    assert moments == [datetime(2024, 1, 5, 10, 0, 0, 123456), datetime(2024, 1, 5, 8, 0, 0, 123456)]


def test_types_of_one_parquet_file_change_no_value_of_another(database, landed):
    """Ids beyond what a double holds, JSON beside a struct, and keys that differ only in capitals."""
    for table in ("events", "contacts"):
        (landed / f"{table}.csv").unlink()
        (landed / table).mkdir()
    told = "'visit' as event_type"
    rows = {
        "contacts/1": "select 1 as contact_id, true as is_new, timestamp '2024-01-01' as created_at",
        "contacts/2": "select 2 as contact_id, 7 as is_new, timestamp_ns '2024-01-01' as created_at",
        "events/1": f"select 9007199254740993 as event_id, 1 as contact_id, {{'plan': 1}} as properties, {told},"
        " timestamp '2024-01-02' as occurred_at",
        "events/2": f"select 1.5 as event_id, 2.0 as contact_id, '{{\"plan\": 2.7}}' as properties, {told},"
        " timestamptz '2024-01-02 00:00:00+00' as occurred_at",
        "events/3": f"select 'e3' as event_id, '2' as contact_id, {{'Plan': 3}} as properties, {told},"
        " date '2024-01-02' as occurred_at",
    }
    for name, query in rows.items():
        duckdb.execute(f"copy ({query}) to '{landed}/{name}.parquet'")
    done = run_build("--input", landed, "--database", database, "--as-of", "2024-02-01", "--select", "+stg_events")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(database), read_only=True) as connection:
        events = connection.execute(
            "from internal.stg_events select event_id, verdict, properties order by 1"
        ).fetchall()
        moments = connection.execute("select distinct occurred_at from internal.stg_events").fetchall()
        contacts = connection.execute("select raw from internal.stg_contacts order by contact_id").fetchall()
    assert sorted(events) == [
        ("1.5", "unmatched", '{"plan": 2.7}'),  # of contact 2.0, as its file says
        ("9007199254740993", "used", '{"plan":1}'),
        ("e3", "used", '{"Plan":3}'),
    ]
    assert moments == [(datetime(2024, 1, 2),)]
    assert [json.loads(raw)["is_new"] for (raw,) in contacts] == ["true", "7"]


def test_the_header_of_a_large_file_is_its_first_line(database, landed):
    headers = {
        "contacts": "contact_id,created_at,account_id,stars",
        "stage_changes": "contact_id,changed_at,stage,stars",
        "survey_responses": "response_id,responded_at,contact_id,rating",
        "conversions": "contact_id,converted_at,channel,amount",
    }
    rows = "".join(f"c{number:07},2024-01-01 00:00:00.000000,c1,5\n" for number in range(700_000))
    for table, header in headers.items():
        (landed / f"{table}.csv").write_text(f"{header}\n{rows}")
    done = run_build("--input", landed, "--database", database, "--select", *(f"landed_{table}" for table in headers))
    assert done.returncode == 0, done.stderr


# What a reader sees


def scored(database):
    """What a reader finds who opens the database now."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute("select contact_id, points from contact_scores order by 1").fetchall()


def test_a_build_takes_the_place_of_the_old_one_only_if_it_succeeds(tmp_path, landed):
    database = tmp_path / "scores.duckdb"
    known = ["--input", landed, "--database", database, "--as-of", "2024-02-01"]
    assert run_build(*known).returncode == 0
    before = scored(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table mine as select 42 as answer")
    (landed / "contacts.csv").write_text("contact_id,created_at\nc1,2024-01-01\nc2,2024-01-01\n")

    (landed / "survey_responses.csv").write_bytes(b"response_id,contact_id\nr1,caf\xe9\n")
    failed = run_build(*known)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].endswith(f"; {database} is as it was")
    assert scored(database) == before
    (landed / "survey_responses.csv").unlink()

    killed = start(*known)
    for line in killed.stderr:
        if re.match(r"\[ *50/", line):
            break
    killed.kill()
    killed.wait()
    assert scored(database) == before

    reader = duckdb.connect(str(database), read_only=True)
    assert run_build(*known).returncode == 0
    assert reader.execute("select count(*) from contact_scores").fetchall() == [(len(before),)]
    reader.close()
    assert [contact for contact, _ in scored(database)] == ["c1", "c2"]
    with duckdb.connect(str(database), read_only=True) as connection:
        assert connection.execute("select answer from mine").fetchall() == [(42,)]
    assert not list(tmp_path.glob(".*"))  # where it was built

    again = run_build(*known)
    assert again.stdout.startswith(f"nothing has changed since {database} was built as of 2024-02-01 00:00:00")
    assert (again.returncode, again.stderr) == (0, "")
    with duckdb.connect(str(database)) as connection:
        connection.execute("drop table contact_scores")
    assert run_build(*known[:-1], "2024-02-02").stdout.startswith("built ")
    assert len(scored(database)) == 2
    with duckdb.connect(str(database), read_only=True) as connection:
        moments = connection.execute("select as_of from scorebook_versions order by as_of").fetchall()
    assert moments == [(datetime(2024, 2, 1),), (datetime(2024, 2, 2),)]  # the one table that outlives a build


def test_a_build_takes_its_place_even_if_nobody_reads_what_it_prints(tmp_path, landed):
    database = tmp_path / "scores.duckdb"
    process = start("--input", landed, "--database", database, "--as-of", "2024-02-01", "--select", "+contact_scores")
    process.stdout.close()
    process.stderr.read()
    process.wait()
    assert scored(database)


def test_a_build_of_which_a_part_was_renewed_is_taken_for_none(tmp_path, landed):
    database = tmp_path / "scores.duckdb"
    part = ("--input", landed, "--database", database, "--select", "+build_info")
    done = run_build(*part, "--as-of", "2024-02-01")
    assert (done.returncode, "warning" in done.stderr, "next:" in done.stdout) == (0, False, True)
    done = run_build(*part, "--as-of", "2024-02-02")
    assert (done.returncode, "next:" in done.stdout) == (0, False)
    assert "warning: a part was renewed, and all else is as it was" in done.stderr
    with opened(database) as connection, pytest.raises(CannotRun, match="of which --select renewed only a part"):
        moment_of(connection)


def test_whatever_a_build_depends_on_is_noticed(tmp_path, landed):
    scorebook = tmp_path / "scorebook"
    scorebook.mkdir()
    (scorebook / "event_weights.csv").write_text("rule_id,points\nopen,1\n")
    seen = [basis(landed, scorebook, "", "2024-02-01")]

    def changes(what):
        seen.append(basis(landed, scorebook, "", "2024-02-01"))
        assert seen.count(seen[-1]) == 1, what

    assert basis(landed, scorebook, "", "2024-02-01") == seen[0]
    assert basis(landed, scorebook, "", "2024-02-02") != seen[0]
    (landed / "events.csv").write_text((landed / "events.csv").read_text())
    changes("a file that was written again")
    (landed / "conversions").mkdir()
    changes_nothing = basis(landed, scorebook, "", "2024-02-01")
    assert changes_nothing == seen[-1]
    (landed / "conversions" / "1.csv").write_text("")
    changes("a new file in a folder")
    (landed / "conversions" / "1.csv").rename(landed / "conversions" / "2.csv")
    changes("a file with another name")
    (landed / "conversions" / "2.csv").unlink()
    (scorebook / "event_weights.csv").write_text("rule_id,points\nopen,2\n")
    changes("a weight")
    (scorebook / "event_weights.csv").write_text("rule_id,points\nopen,1\n")
    os.utime(scorebook / "event_weights.csv", (1, 1))
    assert basis(landed, scorebook, "", "2024-02-01") == seen[1]
    kept = (landed / "events.csv").stat()
    (landed / "events.csv").write_text((landed / "events.csv").read_text().swapcase())
    os.utime(landed / "events.csv", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    changes("a file of the same size and time")


def test_a_build_goes_on_only_with_the_same_rules_from_the_same_files_of_events(tmp_path, landed):
    scorebook = tmp_path / "scorebook"
    scorebook.mkdir()
    (scorebook / "event_weights.csv").write_text("rule_id,points\nopen,1\n")
    (landed / "events.csv").unlink()
    (landed / "events").mkdir()
    for name in ("1.csv", "2.csv"):
        (landed / "events" / name).write_text("event_id\n")

    def now(as_of="2024-02-01T00:00:00"):
        return basis(landed, scorebook, "", as_of)

    before = now()
    assert not can_continue(None, before)
    assert can_continue(before, before)
    assert can_continue(before, now("2024-02-01T00:00:00.000001"))
    assert not can_continue(before, now("2024-01-31T23:59:59.999999"))
    (landed / "contacts.csv").write_text("contact_id,created_at\nc9,2024-01-01\n")
    (landed / "events" / "3.csv").write_text("event_id\n")
    assert can_continue(before, now())
    (landed / "events" / "2.csv").rename(landed / "events" / "2b.csv")
    assert not can_continue(before, now())
    before = now()
    (landed / "events" / "1.csv").write_text("event_id\ne1\n")
    assert not can_continue(before, now())
    before = now()
    (scorebook / "event_weights.csv").write_text("rule_id,points\nopen,2\n")
    assert not can_continue(before, now())


def test_files_behind_a_link_in_the_place_of_a_table_are_noticed_and_others_refused(tmp_path, landed):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (landed / "events.csv").rename(elsewhere / "1.csv")
    (landed / "events").symlink_to(elsewhere)
    before = basis(landed, tmp_path / "no scorebook", "", "2024-02-01")
    assert list(before.events) == [str(landed / "events" / "1.csv")]
    (elsewhere / "1.csv").write_text("event_id\n")
    assert not can_continue(before, basis(landed, tmp_path / "no scorebook", "", "2024-02-01"))
    (elsewhere / "more").symlink_to(landed)
    with pytest.raises(console.CannotRun, match=r"events/more is a link, which would not be followed"):
        basis(landed, tmp_path / "no scorebook", "", "2024-02-01")


def test_after_a_file_that_landed_while_a_build_began_the_next_starts_from_nothing(tmp_path, landed):
    now = basis(landed, tmp_path / "no scorebook", "", "2024-02-01")
    database = tmp_path / "built.duckdb"

    def read(*files):
        with duckdb.connect(str(database)) as connection:
            connection.execute("create schema if not exists internal")
            connection.execute(
                "create or replace table internal.stg_events as select unnest($1) as landed_from", [files]
            )

    read(str(landed / "events.csv"))
    assert with_files_read(now, database) == now
    (landed / "events2.csv").touch()
    read(str(landed / "events.csv"), str(landed / "events2.csv"))
    built = with_files_read(now, database)
    later = basis(landed, tmp_path / "no scorebook", "", "2024-02-01")
    assert built != later
    assert not can_continue(built, later)


def test_a_build_notes_which_files_landed_while_it_began(tmp_path, landed, monkeypatch):
    (landed / "events").mkdir()
    (landed / "events.csv").rename(landed / "events" / "1.csv")
    late, database = landed / "events" / "2.csv", tmp_path / "scores.duckdb"

    def run_dbt_late(*arguments):
        late.write_text("event_id,contact_id,event_type,occurred_at\ne2,c1,email_open,2024-01-03\n")
        return run_dbt(*arguments)

    monkeypatch.setattr(build_command, "run_dbt", run_dbt_late)
    options = ["build.py", "--input", landed, "--database", database, "--as-of", "2024-02-01"]
    monkeypatch.setattr(sys, "argv", list(map(str, options)))
    assert build_command.main() == 0
    built = last_basis(workspace_of(database), database)
    assert str(late) in built.events
    assert not can_continue(built, basis(landed, workspace_of(database) / "scorebook", "", "2024-02-02T00:00:00"))
    late.unlink()
    assert not can_continue(built, basis(landed, workspace_of(database) / "scorebook", "", "2024-02-02T00:00:00"))


def test_who_scores_nobody_is_told_why(tmp_path):
    database, as_of = tmp_path / "built.duckdb", datetime(2006, 6, 30)
    with duckdb.connect(str(database)) as connection:
        connection.execute("create schema internal")
        connection.execute("create table contact_scores (contact_id varchar)")
        connection.execute("create table internal.stg_contacts (created_at timestamp, verdict varchar)")
    for row, sentence in (
        (
            "null, 'missing_key'",
            "nobody was scored: no contact has landed that counts; rejected_rows says which did not",
        ),
        (
            "'2006-07-02', 'future'",
            "nobody was scored: no contact was created by 2006-06-30 00:00:00; the first was on 2006-07-02 00:00:00",
        ),
    ):
        with duckdb.connect(str(database)) as connection:
            connection.execute(f"insert into internal.stg_contacts values ({row})")
        assert build_command.nobody_scored(database, as_of) == [sentence]
    with duckdb.connect(str(database)) as connection:
        connection.execute("insert into contact_scores values ('c1')")
    assert build_command.nobody_scored(database, as_of) == []


def test_a_database_that_others_changed_is_not_what_was_built(tmp_path):
    database = tmp_path / "a.duckdb"
    database.write_text("built")
    now = basis(tmp_path, tmp_path, "", "2024-02-01")
    record(tmp_path, database, now)
    assert last_basis(tmp_path, database) == now
    log = database.with_name("a.duckdb.wal")
    log.write_text("what another process wrote and did not close")
    assert last_basis(tmp_path, database) is None
    log.unlink()
    assert last_basis(tmp_path, database) == now
    database.write_text("something else")
    assert last_basis(tmp_path, database) is None
    database.unlink()
    assert last_basis(tmp_path, database) is None
    for broken in ("half of a rec", "[]", "{}", '{"from": {}}'):
        (tmp_path / "built.json").write_text(broken)
        assert last_basis(tmp_path, database) is None


def test_wrong_names_for_dbt_end_with_one_sentence(database, landed):
    known = ["--input", landed, "--database", database]
    for arguments, sentence in (
        (["--select", "nothing"], "--select: no model, seed or test has such a name; nothing was built\n"),
        (["--target", "nowhere"], "The profile 'scoring' does not have a target named 'nowhere'."),
    ):
        done = run_build(*known, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(sentence)
        assert done.stderr.count("\n") == 1
        assert not list(database.parent.glob(".*.building"))


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ("{outcome_horizon_days: soon}", 'outcome_horizon_days: "soon" is not a whole number of days from 1 to 36500'),
        ("{outcome_horizon_days: 0}", "outcome_horizon_days: 0 is not a whole number of days from 1 to 36500"),
        ("{outcome_horizon_days: 36501}", "outcome_horizon_days: 36501 is not a whole number of days from 1 to 36500"),
        *(
            (
                f"{{evaluation_cutoffs: ['{text}']}}",
                f"evaluation_cutoffs: '{text}' is not a timestamp; write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC",
            )
            for text in ("2024-13-01", "2025-02-29", "0000-01-01", "2024-01-01 24:00", "2024-01-01 12:00+16:00")
        ),
        ("{evaluation_cutoffs: 2024-01-01}", "evaluation_cutoffs: 2024-01-01 is not a list; write [2024-01-01]"),
        (
            "{training_cutoffs: [2024-01-01, 1/2/2024]}",
            "training_cutoffs: '1/2/2024' is not a timestamp; write YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, in UTC",
        ),
        *(
            (text, f"--vars: cannot read '{text}'; write YAML such as '{{outcome_horizon_days: 30}}'")
            for text in ("outcome_horizon_days", "[1", "{evaluation_cutoffs: [2024-13-45]}")
        ),
        *(
            (
                f"{{input_relations: {text}}}",
                "input_relations: name a relation for each table, such as {events: crm.web_events}, or write {}",
            )
            for text in ("", "events", "[events]", "{events: }", "{events: 5}")
        ),
        (
            "{input_relations: {survey_response: crm.nps}}",
            "input_relations: the input has no table survey_response. Did you mean survey_responses?",
        ),
        (
            "{outcom_horizon_days: 30}",
            "--vars: dbt_project.yml has no var outcom_horizon_days. Did you mean outcome_horizon_days?",
        ),
        (
            "{zzz: 1}",
            "--vars: dbt_project.yml has no var zzz. There are input_relations, look_back_days, outcome_horizon_days, "
            "evaluation_cutoffs, training_cutoffs",
        ),
    ],
)
def test_wrong_vars_end_with_one_sentence(database, landed, variables, sentence):
    done = run_build("--input", landed, "--database", database, "--vars", variables)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{sentence}\n")


def test_other_outcomes_are_looked_at_even_if_nothing_has_landed(tmp_path, landed):
    database = tmp_path / "scores.duckdb"
    asked, known = "{outcome_horizon_days: 7}", ["--input", landed, "--database", database, "--as-of", "2024-02-01"]
    done = run_build(*known, "--vars", asked, "--select", "+int_cutoffs")
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(database), read_only=True) as connection:
        first = connection.execute("select min(cutoff_at) from internal.int_cutoffs").fetchall()
    assert first == [(datetime(2024, 1, 18),)], "two horizons before as_of"
    before, now = (basis(landed, landed, words, "2024-02-01") for words in ("", asked))
    assert before != now and not can_continue(before, now)


def test_an_interrupt_of_the_engine_is_one_of_the_command(capsys):
    def ask():
        raise RuntimeError("Query interrupted")

    assert console.status_of(ask) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_build_can_be_interrupted(database, landed):
    command = [sys.executable, ROOT / "scripts" / "build.py", "--input", landed, "--database", database]
    # A runner in the background may have been started deaf to interrupts, and so would be what it starts.
    hear = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **hear)
    assert process.stderr.readline().startswith("[")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == "interrupted; build again to finish"
    assert "Traceback" not in err
    duckdb.connect(database).close()  # nobody holds it any more
