"""One client that never reads, among those who do."""

from __future__ import annotations

import socket
import time
from statistics import median

from .crowd import MARKER, Crowd, asked, first_message
from .row import Row
from .sides import OURS, Side, sides

TASK = "watched"
OTHERS = 20
#: Characters of a message's text: what is sent is far more than kernels keep.
SIZE = 4_000
#: Updates a second.
RATE = 400
#: What a client that never reads may cost, in MB.
MB = 0.25


def measure(quick: bool) -> list[Row]:
    """Two rows: what the others get, and what it costs."""
    updates, rounds = (200, 1) if quick else (1_000, 3)
    without, beside, grown = [], [], []
    with sides() as start:
        side = start.ours()
        side.tell(TASK, 0)
        with side.crowd(*[TASK] * OTHERS) as others:
            number = 1
            _received(side, others, number, updates)
            for _ in range(rounds):
                number += updates
                without.append(_received(side, others, number, updates))
                number += updates
                before = side.rss()
                with asked(side.port, side.path(TASK), buffer=4096) as stuck:
                    first_message(stuck)
                    beside.append(_received(side, others, number, updates))
                    grown.append((side.rss() - before) / 1e6)
                    seen = _read(stuck, number + updates - 1)
                    assert seen < updates / 2, f"{seen} old messages were kept for it"
    note = (
        f"{updates:,} updates of {SIZE:,} characters, {RATE} a second, {OTHERS} others; "
        "then it read again and got the newest state"
    )
    return [
        Row(
            what="one client that never reads: messages that the others get",
            unit="messages",
            figures={OURS: median(beside), "without it": median(without)},
            peer="without it",
            ratio=median(beside) / median(without),
            target=1.0,
            more=True,
            notes=(note,),
        ),
        Row(
            what="one client that never reads: memory",
            unit="MB",
            figures={OURS: median(grown)},
            peer=f"{MB:g} MB",
            ratio=median(grown) / MB,
            target=1.0,
        ),
    ]


def _received(side: Side, others: Crowd, first: int, updates: int) -> int:
    """How many messages the others got of these updates."""
    others.listen()
    began = time.monotonic()
    for number in range(first, first + updates):
        time.sleep(max(0.0, began + (number - first) / RATE - time.monotonic()))
        side.tell(TASK, number, SIZE)
    return len(others.heard(first + updates - 1))


def _read(stuck: socket.socket, newest: int) -> int:
    """Reads until the newest state has come; how many messages that took."""
    numbers: list[int] = []
    unread = b""
    while not numbers or numbers[-1] < newest:
        data = stuck.recv(1 << 16)
        assert data, "the server closed the connection"
        unread = unread[-16:] + data
        numbers += [n for n in map(int, MARKER.findall(unread)) if n not in numbers[-2:]]
    assert numbers == sorted(numbers)
    return len(numbers)
