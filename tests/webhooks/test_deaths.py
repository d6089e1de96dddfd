"""Processes that end tasks, and that send their events, killed at random: each event arrives."""

import random
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler

import pytest

from progress_backend.operations.webhooks import figures as figures_of
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import ROOT
from tests.waiting import eventually
from tests.webhooks.targets import Receiver, receiving

#: Three senders, and one process that ends tasks.
ROLES = ("send", "send", "send", "end")
COUNTS = [pytest.param(200, id="200"), pytest.param(1_000, id="1000", marks=[pytest.mark.long])]


def start(role: str, redis_url: str, url: str, count: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "tests.webhooks.dying", role, redis_url, url, str(count)]
    return subprocess.Popen(words, cwd=ROOT)


@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.parametrize("count", COUNTS)
def test_each_end_is_delivered_and_doubles_have_its_id(redis_url: str, count: int) -> None:
    rng = random.Random(15)

    def slowly(_: BaseHTTPRequestHandler) -> int:
        time.sleep(rng.random() * 0.2)  # so that kills meet deliveries in progress
        return 503 if rng.random() < 0.01 else 204

    killed = 0
    with receiving(slowly) as receiver:
        processes = [start(role, redis_url, receiver.url, count) for role in ROLES]
        try:
            deadline = time.monotonic() + 20 + count * 0.1
            while time.monotonic() < deadline and not (killed and len(receiver.ids) == count):
                time.sleep(0.2 + rng.random() * 0.3)
                at = rng.randrange(len(ROLES))
                if len(receiver.ids) > killed * count // 15:  # not before something is under way
                    processes[at].kill()
                    killed += 1
                processes[at] = _again(processes[at], ROLES[at], redis_url, receiver.url, count)
            # Each that is left may still hold what a killed one had taken.
            eventually(lambda: len(receiver.ids) == count, 60 + count * 0.1)
        finally:
            for process in processes:
                process.kill()
                process.wait()
    _check(receiver, count)
    with Store(Settings(redis_url=redis_url)) as store:
        (figures,) = store.execute(figures_of(("ops",)))
    assert killed
    assert (figures.dropped, figures.failed) == (0, 0)


def _again(
    process: subprocess.Popen[bytes], role: str, redis_url: str, url: str, count: int
) -> subprocess.Popen[bytes]:
    """The process, or its successor if it has been killed."""
    try:
        process.wait(0.5 if role == "end" else 0.05)
    except subprocess.TimeoutExpired:
        return process
    return start(role, redis_url, url, count)


def _check(receiver: Receiver, count: int) -> None:
    assert receiver.faults == []
    assert set(receiver.ids) == {f"t{i}~0~2~cancelled" for i in range(count)}
    bodies: dict[str, object] = {}
    for event in receiver.events:
        assert bodies.setdefault(event["id"], event) == event
