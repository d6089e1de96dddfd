"""What clients that ask receive of the subscription's state, how often, and how many at once."""

import json
from datetime import UTC, datetime

from progress_backend.live import heartbeat as heartbeats
from progress_backend.live import listener
from progress_backend.live.heartbeat import Heartbeat, Heartbeats
from tests.waiting import aeventually

NOW = datetime(2024, 1, 15, 10, 30, 30, tzinfo=UTC)
BEFORE = datetime(2024, 1, 15, 10, 30, 12, tzinfo=UTC)


def beat() -> Heartbeat:
    return Heartbeat.of(True, NOW)


async def test_each_interval_sends_a_heartbeat_or_since_when_data_is_stale() -> None:
    alive = True
    beating = Heartbeats(lambda: Heartbeat.of(alive, NOW if alive else BEFORE))
    beats: list[Heartbeat] = []
    beating.join(0.05, beats.append)
    await aeventually(lambda: len(beats) >= 2)
    assert json.loads(beats[-1].message) == {
        "type": "heartbeat",
        "timestamp": "2024-01-15T10:30:30.000+00:00",
    }
    assert beats[-1].frame.endswith(beats[-1].message.encode())
    alive = False
    count = len(beats)
    await aeventually(lambda: len(beats) > count)
    assert json.loads(beats[-1].message) == {
        "type": "stale",
        "since": "2024-01-15T10:30:12.000+00:00",
    }
    beating.leave(0.05, beats.append)


async def test_each_interval_has_one_timer_and_none_without_a_client() -> None:
    beating = Heartbeats(beat)
    one, two = list[Heartbeat]().append, list[Heartbeat]().append
    beating.join(10, one)
    timer = beating._timers[10]
    beating.join(10, two)
    beating.join(20, one)
    assert (beating._timers.keys(), beating._timers[10]) == ({10, 20}, timer)
    beating.leave(10, one)
    beating.leave(20, one)
    assert (beating._timers.keys(), timer.cancelled()) == ({10}, False)
    beating.leave(10, two)
    assert (not beating._timers, timer.cancelled()) == (True, True)


def test_a_redis_that_is_away_is_noticed_within_the_shortest_interval() -> None:
    assert 2 * listener.PING_S <= heartbeats.SHORTEST_S
