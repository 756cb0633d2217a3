"""Webhooks: a real receiver on this machine that is slow, broken, moved or gone, and judges of what it got."""

import base64
import html
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote, unquote

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Judge
from standardwebhooks.webhooks import WebhookVerificationError

from export.world import AS_OF, SECRET, Receiver, close_early, crossing, crossings, hang, id_of
from support.console import CannotRun
from support.export.config import key_of
from support.export.payload import Crossing
from support.export.states import State
from support.export.target import Gone, Shipment, Unavailable
from support.export.webhook import Webhook, is_private, seconds_of

SHIPMENT = Shipment(AS_OF, "v1", "lead-scoring", ())
LOCAL = ("--allow-http", "--allow-private")


def some(*numbers):
    return [
        Crossing(
            id_of(n), "t", "T", "contact", f"c{n}", "total", "up", 1.0, AS_OF, 0.0, 1.0, "r", "R", "e", "a", "x", {}
        )
        for n in numbers
    ]


def ids(*numbers):
    return Counter(id_of(number) for number in numbers)


class Sender:
    """A webhook with a clock of its own: it sleeps without sleeping, and remembers how long."""

    def __init__(self, receiver, **options):
        self.slept, self.offset = [], 0.0
        key = key_of(SECRET, "X")
        options = {"secrets": [key], "allow_private": True, "jitter": lambda: 1.0, "timeout": 5} | options
        self.webhook = Webhook("crm", receiver.url, sleep=self.sleep, clock=self.clock, **options)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.offset += seconds

    def clock(self):
        return time.time() + self.offset

    def deliver(self, *numbers):
        """What became of each crossing, and why the turn ended, if it did not end by itself."""
        outcomes = []
        try:
            for outcome in self.webhook.deliver(some(*numbers), SHIPMENT):
                outcomes.append((outcome.state.value, outcome.attempts, outcome.error))
        except Unavailable as error:
            return outcomes, error
        return outcomes, None


def test_judges_accept_every_delivery(receiver):
    assert Sender(receiver).deliver(*range(5)) == ([("sent", 1, None)] * 5, None)
    assert receiver.ids() == ids(*range(5))
    assert {request.path for request in receiver.requests} == {"/hook"}
    with pytest.raises(WebhookVerificationError):
        Judge("whsec_" + "A" * 32).verify(receiver.requests[0].body, receiver.requests[0].headers)


def test_while_secrets_change_both_are_good(receiver):
    other = "whsec_" + "B" * 40
    Sender(receiver, secrets=[key_of(SECRET, "X"), key_of(other, "X")]).deliver(1)
    for secret in (SECRET, other):
        Judge(secret).verify(receiver.requests[0].body, receiver.requests[0].headers)


def test_the_address_keeps_its_query(receiver):
    receiver.url = f"http://127.0.0.1:{receiver.port}?key=a%20b"
    Sender(receiver).deliver(1)
    assert receiver.requests[0].path == "/?key=a%20b"
    assert receiver.requests[0].headers["host"] == f"127.0.0.1:{receiver.port}"


# Receivers in trouble


def test_an_error_is_tried_again_with_growing_pauses(receiver):
    receiver.answers = [500, 503, 429]
    sender = Sender(receiver)
    assert sender.deliver(1) == ([("sent", 4, None)], None)
    assert sender.slept == [1, 2, 4]
    assert [request.headers["webhook-id"] for request in receiver.requests] == [id_of(1)] * 4
    stamps = [int(request.headers["webhook-timestamp"]) for request in receiver.requests]
    assert stamps == sorted(stamps) and 6 <= stamps[-1] - stamps[0] <= 10, "each attempt says when it was made"
    for request in receiver.requests[:1]:
        Judge(SECRET).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_a_passing_error_is_failed_in_the_end(receiver, status):
    receiver.otherwise = (status, {}, b"later\r\n\x1b[31mplease" + b"!" * 500)
    assert Sender(receiver, tries=2).deliver(1) == ([("failed", 2, f"answered {status}")], None)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 451])
def test_a_refusal_is_dead_at_once_and_others_go_on(receiver, status):
    receiver.answers = [status]
    outcomes, stop = Sender(receiver).deliver(1, 2)
    assert outcomes == [("dead", 1, f"answered {status}"), ("sent", 1, None)]
    assert stop is None


def test_gone_is_for_good(receiver):
    receiver.answers = [204, 410]
    outcomes, stop = Sender(receiver).deliver(1, 2, 3)
    assert [state for state, *_ in outcomes] == ["sent", "dead"]
    assert isinstance(stop, Gone) and len(receiver.requests) == 2


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308, 304])
def test_a_redirect_is_not_followed(receiver, status):
    other = Receiver()
    receiver.answers = [(status, {"location": other.url}, b"")]
    outcomes, stop = Sender(receiver).deliver(1, 2)
    assert [state for state, *_ in outcomes] == ["failed"]
    assert str(stop) == f"answered {status}: redirects are not followed; name the final address"
    assert (len(receiver.requests), other.requests) == (1, [])
    other.close()


def test_three_in_a_row_spare_the_rest(receiver):
    receiver.otherwise = 500
    outcomes, stop = Sender(receiver, tries=2).deliver(*range(9))
    assert [state for state, *_ in outcomes] == ["failed"] * 3
    assert str(stop) == "3 crossings in a row did not get through (answered 500)"
    assert len(receiver.requests) == 6


def test_one_bad_crossing_does_not_block_the_others(receiver):
    receiver.answers = [500, 500, 204, 500, 500, 204, 400, 204]
    outcomes, stop = Sender(receiver, tries=2).deliver(*range(6))
    assert [state for state, *_ in outcomes] == ["failed", "sent", "failed", "sent", "dead", "sent"]
    assert stop is None


def test_a_receiver_that_hangs_is_left_in_time(receiver):
    receiver.answers = [hang(receiver)]
    sender = Sender(receiver, timeout=0.3)
    began = time.monotonic()
    assert sender.deliver(1) == ([("sent", 2, None)], None)
    assert 0.25 < time.monotonic() - began < 3
    assert len(receiver.requests) == 2


def test_a_receiver_that_trickles_is_left_in_time(receiver):
    def trickle(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx: ")
        for _ in range(100):
            time.sleep(0.05)
            handler.wfile.write(b"y")

    receiver.otherwise = trickle
    began = time.monotonic()
    outcomes, _ = Sender(receiver, timeout=0.4, tries=1).deliver(1)
    assert outcomes == [("failed", 1, "no answer within 0.4 s")]
    assert time.monotonic() - began < 3


def test_an_endless_body_is_not_read(receiver):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 500 no\r\n\r\n")
        for _ in range(1000):
            handler.wfile.write(b"no " * 10_000)

    receiver.otherwise = endless
    outcomes, _ = Sender(receiver, tries=1).deliver(1)
    assert outcomes == [("failed", 1, "answered 500")]


@pytest.mark.parametrize("status", [100, 102, 103])
def test_an_interim_answer_is_not_the_last_word(receiver, status):
    def answer(handler):
        for _ in range(3):
            handler.wfile.write(b"HTTP/1.1 %d Wait\r\nlink: </x>; rel=preload\r\ncontent-length: 7\r\n\r\n" % status)
        handler.wfile.write(b"HTTP/1.1 429 Later\r\nretry-after: 7\r\n\r\n")

    receiver.answers = [answer]
    sender = Sender(receiver)
    assert sender.deliver(1) == ([("sent", 2, None)], None)
    assert sender.slept == [7]


def test_interim_answers_without_end_are_left_in_time(receiver):
    receiver.otherwise = lambda handler: handler.wfile.write(b"HTTP/1.1 102 Wait\r\n\r\n" * 1000)
    outcomes, _ = Sender(receiver, tries=1).deliver(1)
    assert outcomes == [("failed", 1, "what it answered is not HTTP")]


def test_a_connection_that_closes_early_is_tried_again(receiver):
    receiver.answers = [close_early, lambda handler: handler.connection.close()]
    outcomes, _ = Sender(receiver).deliver(1)
    assert outcomes == [("sent", 3, None)]


def test_nobody_there(receiver):
    receiver.close()
    outcomes, _ = Sender(receiver, tries=2).deliver(1)
    ((state, attempts, error),) = outcomes
    assert (state, attempts) == ("failed", 2)
    assert error.startswith("the connection failed: ") and error.endswith("Connection refused")


def test_a_name_that_nobody_knows(receiver):
    receiver.url = "https://receiver.invalid/"
    assert str(Sender(receiver).deliver(1)[1]) == "the name receiver.invalid cannot be looked up"


# Waiting as asked


def test_retry_after_is_honoured(receiver):
    date = format_datetime(datetime.fromtimestamp(time.time() + 41, UTC), usegmt=True)
    receiver.answers = [
        (429, {"retry-after": "17"}, b""),
        (503, {"retry-after": date}, b""),
        (503, {"retry-after": "x"}, b""),
    ]
    sender = Sender(receiver)
    assert sender.deliver(1)[0] == [("sent", 4, None)]
    first, second, third = sender.slept
    assert first == 17 and 20 <= second <= 25 and third == 4, "the date lies 41 s after the beginning, 17 s have passed"


def test_a_short_retry_after_does_not_shorten_our_own_pause(receiver):
    receiver.answers = [(503, {"retry-after": "0"}, b"")] * 3
    sender = Sender(receiver)
    sender.deliver(1)
    assert sender.slept == [1, 2, 4]


def test_who_asks_for_a_long_pause_gets_it_until_the_next_run(receiver):
    receiver.answers = [(429, {"retry-after": "3600"}, b"")]
    outcomes, stop = Sender(receiver).deliver(1, 2)
    assert (len(receiver.requests), [state for state, *_ in outcomes]) == (1, ["failed"])
    assert str(stop) == "answered 429; it asks to be left alone for 3,600 s, the next run tries again"


NOW = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, 0), ("", 0), ("12", 12), (" 12 ", 12), ("-1", 0), ("1.5", 0), ("١٢", 0), ("9" * 9, 999_999_999),
        ("9" * 5000, 0), ("Sun, 01 Mar 2026 00:01:00 GMT", 60), ("Sun, 01 Mar 2020 00:01:00 GMT", 0),
        ("Sun, 99 Mar 2026 00:01:00 GMT", 0), ("soon", 0),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(text, seconds):
    assert seconds_of(text, NOW) == seconds


@given(st.integers(1, 60), st.floats(0, 1), st.one_of(st.none(), st.text(max_size=12), st.integers(0, 99).map(str)))
def test_pauses_grow_are_spread_and_end(attempt, luck, retry_after):
    webhook = Webhook("crm", "https://a.example/", [], jitter=lambda: luck, clock=lambda: NOW)
    wait, full = webhook.wait(attempt, retry_after), min(2 ** (attempt - 1), 60)
    assert max(full / 2, seconds_of(retry_after, NOW)) <= wait <= max(full, seconds_of(retry_after, NOW))


# Where nothing must go


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%1", "fc00::1",
        "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a00:1::", "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1", "fd00::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_inside_are_private(address):
    assert is_private(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"]
)
def test_addresses_outside_are_public(address):
    assert not is_private(address)


def found(*addresses):
    """What a name is looked up to be."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]


def test_a_name_that_leads_inside_is_refused(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found("93.184.215.14", "10.0.0.5"))
    webhook = Webhook("crm", "https://crm.example/", [])
    with pytest.raises(
        CannotRun, match=r"crm: https://crm.example leads to 10.0.0.5, which is not on the public internet"
    ):
        webhook.check()
    assert webhook.addresses == []


def test_a_name_that_is_found_late_and_leads_inside_ends_the_turn(monkeypatch):
    webhook = Webhook("crm", "https://crm.example/", [])
    lookups = [found("10.0.0.5"), []]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: lookups.pop())
    webhook.check()
    with pytest.raises(Unavailable, match=r"leads to 10\.0\.0\.5"):
        list(webhook.deliver(some(1), SHIPMENT))


def test_a_name_that_leads_elsewhere_later_is_of_no_use(receiver, monkeypatch):
    """The name is looked up once; a second answer, which would lead inside, is never asked for."""
    lookups = [found("93.184.215.14")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: lookups.pop())
    connected = []

    class Socket(socket.socket):
        def connect(self, address):
            connected.append(address)
            raise ConnectionRefusedError("not here")

    monkeypatch.setattr(socket, "socket", Socket)
    webhook = Webhook("crm", "https://crm.example/", [b"x" * 24], sleep=lambda _: None)
    webhook.check()
    states = [outcome.state for outcome in webhook.deliver(some(1), SHIPMENT)]
    assert (states, connected) == ([State.FAILED], [("93.184.215.14", 443)] * 4)


def test_the_next_address_is_tried(receiver):
    sender = Sender(receiver, tries=1)
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    sender.webhook.check()
    sender.webhook.addresses.insert(0, (socket.AF_INET, closed.getsockname()))
    assert sender.deliver(1)[0] == [("sent", 1, None)]
    closed.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost, made for this run."""
    if not shutil.which("openssl"):
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("certificate")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command += ["-keyout", folder / "key.pem", "-out", folder / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def served(receiver, certificate):
    """A receiver behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    receiver.url = f"https://localhost:{receiver.port}/hook"


def test_https_is_verified_under_the_name_of_the_address(receiver, certificate, monkeypatch):
    served(receiver, certificate)
    outcomes, _ = Sender(receiver, tries=1).deliver(1)
    assert outcomes[0][2].startswith("its certificate is not valid: self")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "certificate.pem"))
    assert Sender(receiver, tries=1).deliver(2)[0] == [("sent", 1, None)]
    sender = Sender(receiver, tries=1)
    sender.webhook.host = "crm.example"
    sender.webhook.addresses = [(socket.AF_INET, ("127.0.0.1", receiver.port))]
    assert sender.deliver(3)[0][0][2].startswith("its certificate is not valid: Hostname mismatch")
    assert receiver.ids() == ids(2)


def test_a_handshake_that_hangs_is_left_in_time():
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle():
        connection, _ = listener.accept()
        for _ in range(100):
            time.sleep(0.05)
            try:
                connection.send(b"\x16")
            except OSError:
                return

    threading.Thread(target=trickle, daemon=True).start()
    receiver = type("Receiver", (), {"url": f"https://127.0.0.1:{listener.getsockname()[1]}/"})
    began = time.monotonic()
    outcomes, _ = Sender(receiver, timeout=0.4, tries=1).deliver(1)
    assert outcomes[0][0] == "failed" and time.monotonic() - began < 3
    listener.close()


# Secrets


@pytest.mark.parametrize("place", ["body", "reason", "garbage"])
def test_a_receiver_may_repeat_the_address_in_any_spelling(world, receiver, place):
    path = "/hooks/T0k&n%2Ekey/S3cret?sig=a%20b&x=K"
    echoes = [path, path.partition("?")[0], html.escape(path), unquote(path), quote(path, safe=""), path.upper()]
    said = " ".join([*echoes, base64.b64encode(path.encode()).decode(), path[::-1]]).encode()
    heads = {"body": b"HTTP/1.1 500 No", "reason": b"HTTP/1.1 500 " + said, "garbage": said}
    receiver.otherwise = lambda handler: handler.wfile.write(heads[place] + b"\r\n\r\n" + said)
    options = "secret_env: SCORING_WEBHOOK_SECRET, attempts: 2, backoff_seconds: 0.01"
    world.configure(f"crm: {{webhook_env: ADDRESS, {options}}}")
    world.environment["ADDRESS"] = f"http://127.0.0.1:{receiver.port}{path}"
    world.build([]).fine(*LOCAL)
    done = world.build(crossings(1, target="crm")).export(*LOCAL)
    assert (done.status, len(receiver.requests), receiver.requests[0].path) == (1, 2, path)
    error = "what it answered is not HTTP" if place == "garbage" else "answered 500"
    assert f"crm: {error}; trying again" in done.err and world.rows()[0]["last_error"] == error
    shown = done.out + done.err + world.export("--status").out + world.state_file.read_bytes().decode(errors="replace")
    for part in said.decode().split():
        assert part.casefold() not in shown.casefold()


def test_nothing_secret_is_said_or_kept(world, receiver):
    """A receiver that repeats what it must not, in every way an export might show it."""
    key = "t0ken-in-path"
    world.configure(f"crm: {{webhook: 'http://127.0.0.1:{receiver.port}/{key}?k={key}', secret_env: CRM, attempts: 1}}")
    world.environment["CRM"] = f"{SECRET} whsec_{'C' * 40}"
    receiver.otherwise = (500, {}, f"{SECRET} {SECRET.removeprefix('whsec_')} /{key}?k={key} {'C' * 40}".encode())
    world.build([]).fine(*LOCAL)
    done = world.build(crossings(1, 2, target="crm")).export(*LOCAL)
    assert done.status == 1 and "answered 500" in world.rows()[0]["last_error"]
    shown = done.out + done.err + world.export("--status").out + world.export("--status", "--format", "json").out
    shown += world.state_file.read_bytes().decode(errors="replace")
    for secret in (SECRET.removeprefix("whsec_"), key, "C" * 40):
        assert secret not in shown
    assert len(receiver.requests) == 2


def test_an_address_on_the_command_line_is_kept_as_its_host_alone(world, receiver):
    address = f"{receiver.url}/t0ken"
    world.build(crossings(1)).fine("--to", address, "--no-baseline", *LOCAL)
    assert receiver.ids() == ids(1)
    shown = world.fine("--status").out + world.state_file.read_bytes().decode(errors="replace")
    assert "127.0.0.1 #" in shown and "t0ken" not in shown


def test_a_web_address_needs_a_secret(world):
    world.environment["SCORING_WEBHOOK_SECRET"] = ""
    done = world.build([]).export("--to", "https://a.example/")
    assert (done.status, done.out) == (2, "")
    assert done.err == "--to: a web address needs its secret in the environment variable SCORING_WEBHOOK_SECRET\n"
    plain = world.export("--to", "http://a.example/").err
    assert plain.startswith("--to: http://a.example is not encrypted"), "a secret would be of no use to it"


# The command


def hooked(world, receiver, *, attempts=1):
    """A world whose crossings go to the receiver."""
    world.configure(
        f"sales: {{webhook: '{receiver.url}', secret_env: SCORING_WEBHOOK_SECRET, attempts: {attempts}, "
        "backoff_seconds: 0.01, timeout_seconds: 2}"
    )
    world.build([]).fine(*LOCAL)
    return world


def test_plain_http_and_inside_addresses_need_leave(world, receiver):
    world.build(crossings(1))
    to = ("--no-baseline", "--to", receiver.url)
    assert world.export(*to).err.endswith("is not encrypted; use https://, or --allow-http within your own network\n")
    assert "is not on the public internet" in world.export(*to, "--allow-http").err
    inside = world.export("--no-baseline", "--to", receiver.url.replace("127.0.0.1", "localhost"), "--allow-http")
    assert inside.status == 2 and "leads to" in inside.err and inside.err.count("\n") == 1
    assert (receiver.requests, world.rows()) == ([], []), "what was refused is not recorded either"
    world.fine(*to, *LOCAL)
    assert receiver.ids() == ids(1)


def test_what_failed_is_tried_again_by_the_next_run(world, receiver):
    hooked(world, receiver, attempts=2).build(crossings(1, 2))
    receiver.answers = [500, 500, 204]
    done = world.export(*LOCAL)
    assert done.status == 1
    assert "sales: 1 failed, the next run tries again; --status says why\n" in done.err
    assert sorted(world.states().values()) == ["failed", "sent"]
    assert "answered 500" in world.export("--status").out
    world.fine(*LOCAL)
    assert world.states() == {1: "sent", 2: "sent"}
    assert sorted(receiver.ids().values()) == [1, 3]
    assert {row["attempts"] for row in world.rows()} == {1, 3}
    world.fine(*LOCAL)
    assert len(receiver.requests) == 4


def test_what_was_refused_is_tried_again_only_when_asked(world, receiver):
    hooked(world, receiver).build(crossings(1))
    receiver.answers = [403]
    assert "sales: 1 dead, --retry-failed tries again; --status says why\n" in world.export(*LOCAL).err
    world.fine(*LOCAL)
    assert (world.states(), len(receiver.requests)) == ({1: "dead"}, 1)
    world.fine("--retry-failed", *LOCAL)
    assert (world.states(), receiver.ids()) == ({1: "sent"}, ids(1, 1))


def test_a_target_that_is_gone_gets_nothing_until_asked(world, receiver):
    hooked(world, receiver).build([crossing(n, points_after=n) for n in (1, 2, 3)])
    receiver.answers = [410]
    done = world.export(*LOCAL)
    assert done.status == 1 and "answered 410, gone: nothing more is sent until you run with --retry-failed" in done.err
    done = world.export(*LOCAL)
    assert (done.status, len(receiver.requests)) == (1, 1)
    assert done.err == "sales has said that it is gone; 2 wait, --retry-failed tries again\n"
    assert "disabled since" in world.fine("--status").out
    world.fine("--retry-failed", *LOCAL)
    assert set(world.states().values()) == {"sent"}
    assert "disabled since" not in world.fine("--status").out


def test_one_target_in_trouble_does_not_stop_the_others(world, receiver):
    receiver.otherwise = 500
    world.configure(
        f"a: {{webhook: '{receiver.url}', secret_env: SCORING_WEBHOOK_SECRET, attempts: 1}}", "z: {directory: out/z}"
    )
    world.build([]).fine(*LOCAL)
    done = world.build(crossings(*range(5), target="a|z")).export(*LOCAL)
    assert done.status == 1
    assert "a: 3 crossings in a row did not get through (answered 500); 2 wait for the next run\n" in done.err
    assert set(world.states("z").values()) == {"sent"}
    assert sorted(world.states("a").values()) == ["failed"] * 3 + ["pending"] * 2


def test_bad_crossings_come_last_the_next_time(world, receiver):
    hooked(world, receiver).build(crossings(*range(6)))
    receiver.otherwise = 500
    world.export(*LOCAL)
    failed = {request.headers["webhook-id"] for request in receiver.requests}
    receiver.otherwise, receiver.requests = 204, []
    world.fine(*LOCAL)
    order = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(order) == 6 and set(order[3:]) == failed


def test_long_deliveries_say_how_far_they_are(world, receiver, monkeypatch):
    monkeypatch.setattr("support.export.run.TELL_EVERY", 0.0)
    hooked(world, receiver).build(crossings(1, 2))
    assert world.export(*LOCAL).err == "sales: 1 of 2\nsales: 2 of 2\n"


def test_a_long_export_keeps_no_build_waiting(world, receiver):
    hooked(world, receiver).build(crossings(1))
    built = []

    def rebuild(handler):
        with duckdb.connect(str(world.database)) as connection:  # to write, which nobody else may hold it for
            built.append(connection.execute("update build_info set scorebook_version = 'v2'").fetchone())
        handler.send_response(204)
        handler.end_headers()

    receiver.answers = [rebuild]
    assert world.process(*LOCAL).status == 0
    assert built and world.states() == {1: "sent"}


def test_an_interrupted_export_goes_on_where_it_was(world, receiver):
    hooked(world, receiver).build(crossings(1, 2, 3))
    receiver.answers = [204, hang(receiver)]
    process = world.start(*LOCAL)
    while len(receiver.requests) < 2:
        time.sleep(0.01)
    process.send_signal(2)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "interrupted; what was sent is recorded, run again to go on\n")
    receiver.released.set()
    world.fine(*LOCAL)
    assert sorted(receiver.ids().values()) == [1, 1, 2]
