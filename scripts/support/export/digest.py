"""Crossings to people: one message for each run, by chat or mail, through Apprise."""

import hashlib
import logging
from collections.abc import Iterator
from itertools import groupby

from support.console import counted
from support.export.payload import Crossing, plain, sentence
from support.export.states import State
from support.export.target import Outcome, Shipment, Target, Unavailable

LINES = 20  # a trigger; more is for a file or a webhook


class Digest(Target):
    """A chat or a mailbox."""

    def __init__(self, name: str, url: str) -> None:
        import apprise

        logging.getLogger("apprise").disabled = True  # its messages can name the address, which is a secret
        self.name = name
        self.where = "chat or mail"
        self.service = apprise.Apprise()
        if not self.service.add(url):
            raise ValueError("the address is none that Apprise knows")
        # Apprise does not say which of several took the message.
        if len(self.service) > 1:
            raise ValueError(f"it holds {len(self.service)} addresses; give each a variable and a target of its own")

    def deliver(self, crossings: list[Crossing], shipment: Shipment) -> Iterator[Outcome]:
        """Send one message that names all crossings, or their number where they are many."""
        if not crossings:
            return
        ids = [crossing.crossing_id for crossing in crossings]
        title, body = digest(crossings, shipment)
        try:
            is_taken = self.service.notify(title=title, body=body, body_format="text")
        except Exception as error:  # whatever a plug-in raises; its text may hold the address
            is_taken, reason = False, type(error).__name__
        else:
            reason = "it did not take the message"
        if is_taken:
            yield Outcome(ids, State.SENT)
        else:
            yield Outcome(ids, State.FAILED, reason)
            raise Unavailable(f"{reason}; try its address with the command 'apprise'")


def digest(crossings: list[Crossing], shipment: Shipment) -> tuple[str, str]:
    """Title and text of the message."""
    ordered = sorted(crossings, key=lambda crossing: (crossing.trigger_id, crossing.crossed_at, crossing.subject_id))
    lines = []
    for _, group in groupby(ordered, key=lambda crossing: crossing.trigger_id):
        some = list(group)
        lines.append(f"{plain(some[0].trigger_label or some[0].trigger_id)} ({len(some):,})")
        if some[0].action:
            lines.append(f"To do: {plain(some[0].action)}")
        lines += [f"- {sentence(crossing)}" for crossing in some[:LINES]]
        if len(some) > LINES:
            lines.append(f"- and {len(some) - LINES:,} more")
        lines.append("")
    number = hashlib.sha256("\n".join(sorted(crossing.crossing_id for crossing in crossings)).encode()).hexdigest()[:8]
    lines.append(
        f"Scores as of {shipment.as_of:%Y-%m-%d %H:%M} UTC, message {number}; the same number is the same message."
    )
    return counted(len(crossings), "threshold crossing"), "\n".join(lines)
