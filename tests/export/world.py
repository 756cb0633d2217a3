"""What the tests of delivery share: a database made by hand, the command, and judges of what was delivered."""

import base64
import contextlib
import csv
import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from unittest import mock

import duckdb
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook as Judge

import export_crossings
from conftest import ROOT
from support.console import status_of

COMMAND = ROOT / "scripts" / "export_crossings.py"
AS_OF = datetime(2026, 3, 1)
SECRET = f"whsec_{base64.b64encode(bytes(range(32))).decode()}"

TABLES = """
    create schema internal;
    create table build_info (as_of timestamp, scorebook_version varchar);
    create table internal.stg_triggers (trigger_id varchar, target varchar);
    create table internal.int_contacts_known (contact_id varchar, account_id varchar, attributes varchar);
    create table threshold_crossings (
        crossing_id varchar, trigger_id varchar, trigger_label varchar, scope varchar, subject_id varchar,
        score_group varchar, direction varchar, threshold double, crossed_at timestamp, points_before double,
        points_after double, cause_rule_id varchar, cause_label varchar, cause_event_id varchar, action varchar,
        target varchar, is_suppressed boolean, suppressed_reason varchar
    );
"""


def id_of(number):
    """The id of a crossing of these tests."""
    return hashlib.md5(f"crossing {number}".encode()).hexdigest()


def crossing(number, *, age=timedelta(hours=1), **changes):
    """A row of the mart: a crossing that happened `age` before AS_OF, and whatever is to be different about it."""
    return {
        "crossing_id": id_of(number),
        "trigger_id": "high_interest",
        "trigger_label": "High interest",
        "scope": "contact",
        "subject_id": f"c{number}",
        "score_group": "total",
        "direction": "up",
        "threshold": 80.0,
        "crossed_at": (AS_OF - age).isoformat(" "),
        "points_before": 74.5,
        "points_after": 83.0,
        "cause_rule_id": "demo_request",
        "cause_label": "Asked for a demo",
        "cause_event_id": f"e{number}",
        "action": "call",
        "target": "sales",
        "is_suppressed": False,
        "suppressed_reason": None,
    } | changes


def crossings(*numbers, **changes):
    """Several of them."""
    return [crossing(number, **changes) for number in numbers]


class Done(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


class World:
    """A folder with a database, its state file, and targets."""

    def __init__(self, folder):
        self.folder = folder
        self.database = folder / "scoring.duckdb"
        self.state_file = folder / "scoring.duckdb.outbox.sqlite"
        self.out = folder / "out"
        self.targets = folder / "targets.yml"
        self.environment = {"SCORING_WEBHOOK_SECRET": SECRET}
        self.configure("sales: {directory: out/sales}", "default: {directory: out/default}")

    def configure(self, *targets, attributes="[]"):
        """Write targets.yml."""
        lines = "\n".join(f"  {target}" for target in targets)
        self.targets.write_text(f"attributes: {attributes}\ntargets:\n{lines}\n")

    def build(self, rows, as_of=AS_OF, version="v1", contacts=(), triggers=()):
        """Make the database from nothing."""
        self.database.unlink(missing_ok=True)
        with duckdb.connect(str(self.database)) as connection:
            connection.execute(TABLES)
            connection.execute("insert into build_info values (?, ?)", [as_of, version])
            tables = {
                "threshold_crossings": rows,
                "internal.int_contacts_known": contacts,
                "internal.stg_triggers": triggers,
            }
            for table, content in tables.items():
                connection.execute(
                    f"insert into {table} by name select unnest(from_json($1, $2), max_depth := 2)",
                    [json.dumps(list(content)), json.dumps([kinds(connection, table)])],
                )
        return self

    def arguments(self, *arguments):
        """The command line."""
        return ["--database", str(self.database), "--targets", str(self.targets), *map(str, arguments)]

    def start(self, *arguments, program=(COMMAND,), **options):
        """Start the command as a process."""
        command = [sys.executable, *map(str, program), *self.arguments(*arguments)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        # A runner in the background may have been started deaf to interrupts, and so would be what it starts.
        hear = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        return subprocess.Popen(command, env=os.environ | self.environment, **streams | hear | options)

    def process(self, *arguments, **options):
        """Run the command as a process."""
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=60)
        return Done(process.returncode, out, err)

    def export(self, *arguments):
        """Run the command within this process, which is quicker."""
        out, err, handler = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGTERM)
        with contextlib.ExitStack() as stack:
            stack.enter_context(mock.patch.object(sys, "argv", ["export_crossings.py", *self.arguments(*arguments)]))
            stack.enter_context(mock.patch.dict(os.environ, self.environment))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            stack.callback(signal.signal, signal.SIGTERM, handler)
            return Done(status_of(export_crossings.main), out.getvalue(), err.getvalue())

    def fine(self, *arguments):
        """Run the command, which must end well and have nothing to complain about."""
        done = self.export(*arguments)
        assert (done.status, done.err) == (0, ""), done
        return done

    def json(self, *arguments):
        """Run the command and read its result."""
        return json.loads(self.export(*arguments, "--format", "json").out)

    def rows(self, query="select * from deliveries order by destination, crossing_id"):
        """Rows of the state file."""
        with contextlib.closing(sqlite3.connect(self.state_file)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]

    def states(self, destination="sales"):
        """The state of each crossing at a destination, by the number of the crossing."""
        numbers = {id_of(number): number for number in range(2000)}
        found = {numbers[row["crossing_id"]]: row["state"] for row in self.rows() if row["destination"] == destination}
        return dict(sorted(found.items()))


def kinds(connection, table):
    """The columns of a table with their types, as from_json wants them."""
    return {name: kind for name, kind, *_ in connection.execute(f"describe {table}").fetchall()}


def files_of(folder):
    """Judge all that a folder holds, and count how often each crossing is there. Every format, every manifest and every
    checksum must say the same, and nothing unfinished may be left."""
    found = Counter()
    for path in folder.rglob("*"):
        assert not path.name.startswith(".writing") and path.suffix != ".part", path
    for manifest_file in sorted(folder.glob("date=*/*/manifest.json")):
        manifest = json.loads(manifest_file.read_bytes())
        batch = manifest_file.parent
        assert sorted(path.name for path in batch.iterdir()) == sorted([*manifest["files"], "manifest.json"])
        for name, file in manifest["files"].items():
            content = (batch / name).read_bytes()
            assert file == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        events = [event_of(line) for line in (batch / "crossings.ndjson").read_bytes().splitlines()]
        ids = [event.get_id() for event in events]
        with (batch / "crossings.csv").open(encoding="utf-8", newline="") as lines:
            assert [row["crossing_id"] for row in csv.DictReader(lines)] == ids
        rows = duckdb.sql(f"select crossing_id from read_parquet('{batch / 'crossings.parquet'}')").fetchall()
        assert [row[0] for row in rows] == ids == manifest["crossing_ids"]
        assert manifest["rows"] == len(ids) > 0
        found.update(ids)
    assert len(list(folder.rglob("crossings.ndjson"))) == len(list(folder.glob("date=*/*/manifest.json")))
    return found


def event_of(body):
    """The CloudEvent in some bytes, as the independent reader sees it."""
    event = JSONFormat().read(CloudEvent, body)
    assert event.get_specversion() == "1.0"
    assert event.get_data()["crossing_id"] == event.get_id()
    return event


class Request(NamedTuple):
    """What a receiver was sent."""

    at: float
    path: str
    headers: dict
    body: bytes


class Receiver:
    """A web server on this machine that answers as it is told: a status, or (status, headers, body), or a function of
    the handler; what `answers` does not say is answered by `otherwise`."""

    def __init__(self):
        self.requests, self.answers, self.otherwise, self.released = [], [], 204, threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                if len(body) < int(self.headers["content-length"]):
                    return None  # the sender died in the middle of it: no receiver takes that for a request
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append(Request(time.time(), self.path, headers, body))
                answer = receiver.answers.pop(0) if receiver.answers else receiver.otherwise
                if callable(answer):
                    return answer(self)
                status, fields, text = answer if isinstance(answer, tuple) else (answer, {}, b"")
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # senders that hang up are what is tested
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/hook"

    def ids(self):
        """Judge all that came, and count how often each crossing did."""
        for request in self.requests:
            Judge(SECRET).verify(request.body, request.headers)
            assert request.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
            assert event_of(request.body).get_id() == request.headers["webhook-id"]
        return Counter(request.headers["webhook-id"] for request in self.requests)

    def close(self):
        """Stop serving."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()


def hang(receiver):
    """An answer that never comes."""
    return lambda handler: receiver.released.wait(30)


def close_early(handler):
    """An answer that breaks off."""
    handler.wfile.write(b"HTTP/1.1 200 O")
    handler.wfile.flush()
    handler.connection.close()
