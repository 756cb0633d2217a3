"""Chat and mail: one message for each target and run."""

import json
import signal

import pytest

from export.world import crossing, crossings
from support.export.digest import Digest


def chatting(world, receiver):
    """A world whose crossings go to a chat: the receiver, which Apprise sends JSON to."""
    world.environment["CHAT"] = f"json://user:pa55word@127.0.0.1:{receiver.port}/room"
    world.configure("sales: {apprise_env: CHAT}", "default: {directory: out/default}")
    world.build([]).fine()
    return world


def test_many_crossings_are_one_message(world, receiver):
    chatting(world, receiver)
    rows = [*crossings(*range(30)), crossing(50, trigger_id="hot", trigger_label="Hot for <!channel> A", action=None)]
    world.build([*rows, crossing(60, is_suppressed=True)]).fine()
    (request,) = receiver.requests
    message = json.loads(request.body)
    assert message["title"] == "31 threshold crossings"
    lines = message["message"].splitlines()
    assert lines[:2] == ["High interest (30)", "To do: call"]
    assert lines[2] == "- contact c0: from 74.50 to 83 points on 2026-02-28 23:00 UTC, by Asked for a demo"
    assert lines[22:26] == ["- and 10 more", "", "Hot for <\u200b!channel> A (1)", lines[25]]
    assert lines[25].startswith("- contact c50: from 74.50")
    assert "c60" not in message["message"]
    assert set(world.states().values()) == {"sent", "suppressed"}
    world.fine()
    assert len(receiver.requests) == 1, "nothing new is no message"


def test_a_message_that_is_not_taken_is_repeated_by_the_next_run(world, receiver):
    chatting(world, receiver).build(crossings(1))
    receiver.answers = [500]
    done = world.export()
    assert done.status == 1
    assert "sales: it did not take the message; try its address with the command 'apprise'" in done.err
    assert world.states() == {1: "failed"}
    world.build(crossings(1, 2)).fine()
    assert world.states() == {1: "sent", 2: "sent"}
    assert [json.loads(request.body)["title"] for request in receiver.requests] == [
        "1 threshold crossing",
        "2 threshold crossings",
    ]


def test_a_message_that_was_sent_and_not_recorded_comes_again_with_the_same_number(world, receiver):
    chatting(world, receiver).build(crossings(1, 2))
    running = []
    receiver.answers = [lambda handler: running[0].kill()]
    running.append(world.start())
    assert running[0].wait(30) == -signal.SIGKILL
    running[0].communicate()
    world.fine()
    first, second = (json.loads(request.body)["message"] for request in receiver.requests)
    assert first == second and "message " in first.splitlines()[-1]


def test_an_address_is_never_shown(world, receiver):
    chatting(world, receiver).build(crossings(1))
    receiver.close()
    done = world.process()
    shown = done.out + done.err + world.export("--status").out + world.state_file.read_bytes().decode(errors="replace")
    assert done.status == 1 and "pa55word" not in shown and "user" not in shown


@pytest.mark.parametrize("between", [", ", " ", ";", "\n"])
def test_one_variable_holds_one_address(world, receiver, between):
    """Of two, the one that works would get every message again until the other one does too."""
    address = f"json://user:pa55word@127.0.0.1:{receiver.port}/room"
    world.environment["CHAT"] = f"{address}{between}{address.replace('room', 'other')}"
    world.configure("sales: {apprise_env: CHAT}")
    done = world.build([]).export()
    sentence = "sales: CHAT: it holds 2 addresses; give each a variable and a target of its own"
    assert done == (2, "", f"{world.targets}: {sentence}\n")


def test_an_error_of_a_service_is_no_traceback(world, receiver, monkeypatch):
    chatting(world, receiver).build(crossings(1))
    monkeypatch.setattr("apprise.Apprise.notify", lambda *_, **__: 1 / 0)
    done = world.export()
    assert (done.status, "pa55word" in done.err) == (1, False)
    assert "sales: ZeroDivisionError; try its address with the command 'apprise'\n" in done.err


@pytest.mark.parametrize("address", ["", "nonsense", "https//x"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ValueError):
        Digest("sales", address)
