"""Crossings to a web address: Standard Webhooks 1.0, a request each, until the receiver has taken it."""

import base64
import hashlib
import hmac
import http.client
import ipaddress
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from support.console import CannotRun, tell
from support.export.payload import Crossing, cloud_event
from support.export.states import State
from support.export.target import Gone, Outcome, Shipment, Target, Unavailable

TRY_AGAIN = (408, 425, 429)  # and all from 500
LONGEST_WAIT = 60  # seconds; a receiver that wants more gets it until the next run
IN_A_ROW = 3  # crossings that do not get through before the others are spared the same
INTERIM = 10  # answers before the one that counts


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered, or what came instead of an answer (status 0). Nothing of it is in the receiver's own
    words, in which it may repeat what is secret, in whatever spelling."""

    status: int
    error: str
    retry_after: str | None = None


@dataclass
class Webhook(Target):
    """A receiver of signed requests."""

    name: str
    url: str
    secrets: list[bytes]  # the first signs for new receivers, the others while secrets change
    allow_private: bool = False
    timeout: float = 10
    tries: int = 4
    first_wait: float = 1
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random
    addresses: list[tuple] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.is_tls = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port or (443 if self.is_tls else 80)
        self.path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self.where = f"{parts.scheme}://{parts.hostname}"  # the rest of an address is often a secret

    def check(self) -> None:
        """Look up the receiver, once, and refuse it where it is inside the own network. All requests go to the
        addresses found here: a name that means something else later leads nowhere."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return  # reported when something is to be sent
        for *_, (address, *_) in found:
            if not self.allow_private and is_private(address):
                raise CannotRun(
                    f"{self.name}: {self.where} leads to {address}, which is not on the public internet; "
                    "--allow-private sends there all the same"
                )
        self.addresses = list(dict.fromkeys((family, address) for family, *_, address in found))

    def deliver(self, crossings: list[Crossing], shipment: Shipment) -> Iterator[Outcome]:
        """Send each crossing until it is taken or refused; stop where the receiver seems to be out of order."""
        try:
            if not self.addresses:
                self.check()
        except CannotRun as error:
            raise Unavailable(str(error)) from None
        if not self.addresses:
            raise Unavailable(f"the name {self.host} cannot be looked up")
        misses = 0
        for crossing in crossings:
            outcome, stop = self.send(crossing.crossing_id, cloud_event(crossing, shipment.source))
            yield outcome
            misses = 0 if outcome.state is State.SENT else misses + 1
            if stop:
                raise stop
            if misses == IN_A_ROW < len(crossings):
                raise Unavailable(f"{IN_A_ROW} crossings in a row did not get through ({outcome.error})")

    def send(self, crossing_id: str, body: bytes) -> tuple[Outcome, Unavailable | None]:
        """Send one crossing; what came of it, and what ends the turn of this target, if anything does."""
        for attempt in range(1, self.tries + 1):
            answer = self.post(crossing_id, body)
            error = answer.error
            failed = Outcome([crossing_id], State.FAILED, error, attempt)
            if 200 <= answer.status < 300:
                return Outcome([crossing_id], State.SENT, None, attempt), None
            if 300 <= answer.status < 400:
                return failed, Unavailable(f"{error}: redirects are not followed; name the final address")
            if answer.status == 410:
                reason = f"{error}, gone: nothing more is sent until you run with --retry-failed"
                return Outcome([crossing_id], State.DEAD, error, attempt), Gone(reason)
            if 400 <= answer.status < 500 and answer.status not in TRY_AGAIN:
                return Outcome([crossing_id], State.DEAD, error, attempt), None
            wait = self.wait(attempt, answer.retry_after)
            if wait > LONGEST_WAIT:
                return failed, Unavailable(
                    f"{error}; it asks to be left alone for {wait:,.0f} s, the next run tries again"
                )
            if attempt < self.tries:
                tell(f"{self.name}: {error}; trying again in {wait:.1f} s")
                self.sleep(wait)
        return failed, None

    def wait(self, attempt: int, retry_after: str | None) -> float:
        """Seconds until the next attempt: as long as the receiver asks for, but never shorter than our own back-off,
        which doubles and is spread so that not all senders come back at once."""
        own = min(self.first_wait * 2 ** (attempt - 1), LONGEST_WAIT) * (0.5 + self.jitter() / 2)
        return max(own, seconds_of(retry_after, self.clock()))

    def signed(self, crossing_id: str, body: bytes) -> dict[str, str]:
        """The headers of one attempt."""
        at = str(int(self.clock()))
        content = b".".join((crossing_id.encode(), at.encode(), body))
        signatures = (base64.b64encode(hmac.digest(secret, content, hashlib.sha256)) for secret in self.secrets)
        return {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "lead-scoring",
            "webhook-id": crossing_id,
            "webhook-timestamp": at,
            "webhook-signature": " ".join(f"v1,{signature.decode()}" for signature in signatures),
        }

    def post(self, crossing_id: str, body: bytes) -> Answer:
        """One attempt, which ends in time however slowly the receiver answers."""
        connection = Pinned(self)
        deadline = threading.Timer(self.timeout, connection.cut)
        deadline.daemon = True
        deadline.start()
        try:
            connection.request("POST", self.path, body, self.signed(crossing_id, body))
            response = connection.getresponse()
            if connection.is_cut:
                raise TimeoutError
            return Answer(response.status, f"answered {response.status}", response.headers.get("retry-after"))
        except ssl.SSLCertVerificationError as error:
            return Answer(0, f"its certificate is not valid: {error.verify_message}")
        except (OSError, http.client.HTTPException) as error:
            if connection.is_cut or isinstance(error, TimeoutError):
                return Answer(0, f"no answer within {self.timeout:g} s")
            if isinstance(error, OSError):
                return Answer(0, f"the connection failed: {error.strerror or 'it was closed before an answer came'}")
            return Answer(0, "what it answered is not HTTP")
        finally:
            deadline.cancel()
            connection.close()


class WholeLines:
    """A file whose lines are whole: an answer that breaks off in its head is none, whatever it began with."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def readline(self, limit: int = -1) -> bytes:
        """The next line."""
        line = self.file.readline(limit)
        if not line.endswith(b"\n"):
            raise http.client.RemoteDisconnected("the answer broke off")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


class WholeResponse(http.client.HTTPResponse):
    """An answer with a whole head, past all that are only interim."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fp = WholeLines(self.fp)

    def begin(self) -> None:
        """Read the head of the answer."""
        for _ in range(INTERIM):
            super().begin()
            if self.status >= 200:
                return
            self.headers = None  # or nothing more would be read
        raise http.client.HTTPException


class Pinned(http.client.HTTPConnection):
    """A connection to the addresses that a webhook was looked up to have, under its own name."""

    response_class = WholeResponse

    def __init__(self, webhook: Webhook) -> None:
        super().__init__(webhook.host, webhook.port, timeout=webhook.timeout)
        self.webhook = webhook
        self.default_port = 443 if webhook.is_tls else 80
        self.is_cut = False

    def connect(self) -> None:
        """Connect to the first address that takes the call."""
        for position, (family, address) in enumerate(self.webhook.addresses, 1):
            self.sock = socket.socket(family, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            try:
                self.sock.connect(address)
                break
            except OSError:
                self.sock.close()
                if self.is_cut or position == len(self.webhook.addresses):
                    raise
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.webhook.is_tls:
            self.sock = ssl.create_default_context().wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def cut(self) -> None:
        """End the attempt from outside: whoever waits for the receiver is woken."""
        self.is_cut = True
        with suppress(OSError, TypeError):  # not connected yet, or closed by now
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # past TLS, which would wait for the other side


def is_private(text: str) -> bool:
    """Whether an address is anything but a public one, also where it only carries one that is not."""
    address = ipaddress.ip_address(text)
    carried = None
    if address.version == 6:
        carried = address.ipv4_mapped or address.sixtofour
        if address in ipaddress.ip_network("64:ff9b::/96"):
            carried = ipaddress.ip_address(int(address) & 0xFFFFFFFF)
    if carried is not None:
        return is_private(str(carried))
    return not address.is_global or address.is_multicast


def seconds_of(retry_after: str | None, now: float) -> float:
    """The seconds of a Retry-After header: a number or a date; 0 where it is neither or past."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, TypeError, OverflowError):
        return 0.0
