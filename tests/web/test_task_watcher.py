"""What one socket is sent, in which order, and when it is closed."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from progress_backend.live.update import Update
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode
from progress_backend.testing import Clock
from progress_backend.web.push.task_watcher import Watcher
from progress_backend.web.rights import Resource
from tests.waiting import aeventually

LEASE_S = 0.3


class Writer:
    """A socket's writer that keeps what it is given."""

    def __init__(self) -> None:
        self.revisions: list[int] = []
        self.finals: list[bool] = []
        self.closed: list[int] = []
        self.reasons: list[str] = []

    def put(self, update: Update) -> None:
        self.revisions.append(update.revision)
        self.finals.append(json.loads(update.message or "{}")["final"])

    def close(self, code: int, reason: str) -> None:
        self.closed.append(code)
        self.reasons.append(reason)


def watcher_of(writer: Writer, clock: Clock) -> Watcher:
    """By a clock that stands still: the time of a busy machine is not that of the test."""
    api: Any = SimpleNamespace(
        settings=SimpleNamespace(lease_s=LEASE_S, locale="en"),
        store=SimpleNamespace(now=lambda: clock.now),
    )
    return Watcher(api, Resource("task", "job"), writer)


def state(revision: int, status: str = "running", lost_at: datetime | None = None) -> Update:
    task = Task("job", "fetch_data", 9, status=status, revision=revision)
    if lost_at is not None:
        until = lost_at + timedelta(seconds=LEASE_S)
        task = replace(task, error_cause="lost", again_until=until)
    return Update.of(encode(replace(task, created_at=datetime(2024, 1, 15, tzinfo=UTC))), 1)


async def test_updates_received_while_the_snapshot_is_read_follow_it() -> None:
    writer = Writer()
    watcher = watcher_of(writer, Clock())
    for revision in (2, 3):
        watcher.put(state(revision))
    watcher.begin(state(2))
    watcher.put(state(3))
    watcher.put(state(4))
    assert writer.revisions == [2, 3, 4]


async def test_an_end_closes() -> None:
    writer = Writer()
    watcher = watcher_of(writer, Clock())
    watcher.begin(state(3))
    watcher.put(state(4, "completed"))
    assert (writer.revisions, writer.closed) == ([3, 4], [1000])


async def test_the_close_after_a_lost_run_says_that_it_may_go_on() -> None:
    reasons = []
    for cause in ("lost", "exception"):
        watcher = watcher_of(writer := Writer(), Clock())
        task = Task("job", "fetch_data", 9, status="error", revision=4, error_cause=cause)
        document = encode(replace(task, created_at=datetime(2024, 1, 15, tzinfo=UTC)))
        watcher.begin(Update.of(document, 1))
        assert writer.closed == [1000]
        reasons += writer.reasons
    lost, failed = reasons
    assert lost.startswith(failed)
    assert len(lost) > len(failed)


async def test_a_lost_run_is_waited_for_until_it_reports() -> None:
    writer, clock = Writer(), Clock()
    watcher = watcher_of(writer, clock)
    watcher.begin(state(3, "error", clock.now))
    watcher.put(state(4))
    clock.advance(2 * LEASE_S)
    await asyncio.sleep(2 * LEASE_S)
    assert (writer.revisions, writer.closed) == ([3, 4], [])
    watcher.put(state(5, "error", clock.now))
    assert writer.closed == []
    clock.advance(2 * LEASE_S)
    await aeventually(lambda: writer.closed)
    assert (writer.revisions, writer.closed) == ([3, 4, 5, 5], [1000])
    assert writer.finals == [False, False, False, True]


async def test_a_record_that_is_gone_and_does_not_come_back() -> None:
    writer = Writer()
    watcher = watcher_of(writer, Clock())
    watcher.begin(state(3))
    watcher.put(Update.of(None, 2))
    assert writer.closed == []
    await aeventually(lambda: writer.closed)
    assert (writer.revisions, writer.closed) == ([3], [4404])


async def test_one_that_has_stopped_waits_for_nothing() -> None:
    writer, clock = Writer(), Clock()
    watcher = watcher_of(writer, clock)
    watcher.begin(state(3, "error", clock.now))
    watcher.leave()
    clock.advance(2 * LEASE_S)
    await asyncio.sleep(2 * LEASE_S)
    assert writer.closed == []
    watcher.close()
    assert writer.closed == [1012]
