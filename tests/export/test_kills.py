"""SIGKILL at any moment, again and again: files hold each crossing once, receivers see each at least once.

SCORING_KILLS says how many exports are killed at random (default 60; `make test-kills` kills 400).
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from export.world import crossing, files_of, id_of

NURSERY = Path(__file__).with_name("nursery.py")
KILLS = int(os.environ.get("SCORING_KILLS", "60")) // 3
LOCAL = ("--allow-http", "--allow-private", "--no-baseline")


class Export:
    """A running export of the nursery."""

    def __init__(self, nursery, log):
        self.nursery, self.log = nursery, log
        self.pid = int(nursery.stdout.readline())

    def kill(self):
        """End it; one that has ended waits to be asked how, so that its id is still its own."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self):
        """How it ended and what it said."""
        print(file=self.nursery.stdin, flush=True)
        return int(self.nursery.stdout.readline()), self.log.read_text()


class Campaign:
    """A world whose crossings go to a folder, from which a reader takes them away at once, and to a receiver, and which
    keeps growing while exports are killed."""

    def __init__(self, world, receiver, seed):
        self.world, self.receiver, self.random = world, receiver, random.Random(seed)
        self.numbers, self.kills, self.runs = 0, 0, 0
        self.taken = world.folder / "taken" / "date=any"
        self.taken.mkdir(parents=True)
        environment = os.environ | world.environment
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.nursery = subprocess.Popen([sys.executable, NURSERY], env=environment, **pipes)
        world.configure(
            "files: {directory: out}",
            f"hook: {{webhook: '{receiver.url}', secret_env: SCORING_WEBHOOK_SECRET, attempts: 1}}",
        )
        self.grow(8)

    def grow(self, count):
        """More crossings; one in five is suppressed, one in five goes to one of the targets only."""
        self.numbers += count
        self.world.build([self.row(number) for number in range(self.numbers)])

    def row(self, number):
        """A crossing of the campaign."""
        return crossing(number, target="files" if number % 5 == 1 else "files|hook", is_suppressed=number % 5 == 3)

    def start(self, **limit):
        """Start an export."""
        log = self.world.folder / "log.txt"
        order = {"arguments": self.world.arguments(*LOCAL), "log": str(log), **limit}
        print(json.dumps(order), file=self.nursery.stdin, flush=True)
        return Export(self.nursery, log)

    def end(self, export):
        """Note how an export ended: killed, or done before it could be. A reader takes away what is whole by then."""
        status, said = export.wait()
        self.runs += 1
        assert status in (0, -signal.SIGKILL), (status, said)
        self.kills += status < 0
        for manifest in self.world.out.glob("date=*/*/manifest.json"):
            manifest.parent.rename(self.taken / f"{self.runs}-{manifest.parent.name}")
        return said

    def judge(self):
        """Run to the end, as users do: now everything must be there."""
        done = self.world.process(*LOCAL)
        assert done.status == 0, done
        wanted = [number for number in range(self.numbers) if number % 5 != 3]
        found = files_of(self.world.out) + files_of(self.taken.parent)
        assert found == Counter(id_of(number) for number in wanted), "in files exactly once"
        received = self.receiver.ids()
        assert set(received) == {id_of(number) for number in wanted if number % 5 != 1}, "received at least once"
        assert sum(received.values()) - len(received) <= self.kills, "and repeated only where a kill came between"
        states = {(row["destination"], row["state"]) for row in self.world.rows()}
        assert states == {("files", "sent"), ("hook", "sent"), ("files", "suppressed"), ("hook", "suppressed")}
        assert self.world.fine("--dry-run", *LOCAL).out.endswith("Nothing new.\n")

    def run(self, kill):
        """Kill until it was often enough; look at the result now and then."""
        while self.kills < KILLS:
            kill()
            if self.random.random() < 0.4:
                self.grow(self.random.randint(1, 4))
            if self.random.random() < 0.05:
                self.judge()
        self.judge()
        repeated = len(self.receiver.requests) - len(self.receiver.ids())
        print(f"{self.kills} of {self.runs} killed; {self.numbers} crossings, {repeated} repeated to the receiver")

    def close(self):
        """End the nursery."""
        self.nursery.stdin.close()
        self.nursery.wait(30)


@pytest.fixture
def campaign(request, world, receiver):
    """A campaign with a seed of its own."""
    campaign = Campaign(world, receiver, seed=request.node.name)
    yield campaign
    campaign.close()


def test_killed_before_any_instruction(campaign):
    """Each different bytecode instruction of the export is equally likely to be the last."""
    instructions = int(campaign.end(campaign.start(instructions=0)).split()[-2])
    assert instructions > 2000
    campaign.grow(8)
    campaign.run(lambda: campaign.end(campaign.start(instructions=campaign.random.randint(1, instructions))))


def test_killed_at_any_moment(campaign):
    """From outside, at a random moment of its life, in the midst of whatever the system does for it."""
    life = 0.5

    def kill():
        nonlocal life
        kills = campaign.kills
        export = campaign.start()
        time.sleep(campaign.random.uniform(0, life))
        export.kill()
        campaign.end(export)
        life *= 1.05 if campaign.kills > kills else 0.8  # it follows how long exports take here and now
        campaign.grow(1)

    campaign.run(kill)


def test_killed_while_files_are_written(campaign):
    """Before each step: between files, before and after each rename, and before and after what is recorded."""
    campaign.end(campaign.start())
    campaign.grow(2)
    steps = int(campaign.end(campaign.start(steps=0)).split()[-2])
    assert steps > 15
    for step in range(1, steps + 1):
        campaign.grow(2)
        campaign.end(campaign.start(steps=step))
        campaign.end(campaign.start())
    assert campaign.kills == steps
    campaign.judge()


def test_killed_between_send_and_record(campaign, receiver):
    """By the receiver: when it has the request, or just after it has answered."""
    running = []

    def murder(handler):
        if campaign.random.random() < 0.5:
            handler.send_response(204)
            handler.end_headers()
            time.sleep(campaign.random.choice((0, 0, 0.001, 0.003)))
        running[-1].kill()

    def kill():
        campaign.grow(2)
        receiver.answers = [204] * campaign.random.randint(0, 1) + [murder]
        running.append(campaign.start())
        campaign.end(running[-1])
        receiver.answers = []

    campaign.run(kill)
    assert sum(receiver.ids().values()) > len(receiver.ids()), "some were sent and not recorded"


def test_a_whole_command_is_killed_too(campaign):
    """The command as a user starts it, from its first import on."""
    for part in (0.3, 0.6, 0.7, 0.8, 0.9):
        began = time.monotonic()
        assert campaign.world.process(*LOCAL).status == 0
        life = time.monotonic() - began
        campaign.grow(3)
        process = campaign.world.start(*LOCAL)
        time.sleep(part * life)
        process.kill()
        process.communicate()
        campaign.kills += process.returncode == -signal.SIGKILL
    campaign.judge()
