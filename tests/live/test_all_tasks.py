"""Who hears of which task, and what becomes of an inbox that nobody empties."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from progress_backend.flows.commands import Filters
from progress_backend.live import all_tasks as feeds
from progress_backend.live.all_tasks import RELOAD, Feed, Inbox
from progress_backend.live.hub import Counts
from progress_backend.live.update import Update
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode

RUNNING = Filters(status="running")


def update(
    task_id: str,
    status: str = "running",
    revision: int = 2,
    *,
    symbol: str | None = None,
    message: str = "",
) -> Update:
    task = Task(task_id, "fetch_data", 9, symbol, status=status, revision=revision)
    task = replace(task, created_at=datetime(2024, 1, 15, tzinfo=UTC), message=message)
    return Update.of(encode(task), 1)


async def said(inbox: Inbox) -> list[str]:
    """What waits, in short."""
    heard = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                message = json.loads(await inbox.get())
        except TimeoutError:
            return heard
        if message["type"] == "reload":
            heard.append("reload")
        else:
            heard.append(f"{message['task_id']} {message['status']} {message['revision']}")


async def test_without_a_filter_all_is_told_the_newest_of_each_task() -> None:
    feed = Feed()
    inbox = feed.join(Filters())
    for revision in (1, 2, 3):
        feed.publish(update("a", revision=revision))
        feed.publish(update("b", revision=revision))
    assert await said(inbox) == ["a running 3", "b running 3"]


async def test_one_that_leaves_the_filter_is_told_once_more() -> None:
    feed = Feed()
    inbox = feed.join(RUNNING)
    feed.publish(update("a", "created", 1))
    assert await said(inbox) == []
    for status, revision in (("running", 2), ("paused", 3), ("completed", 4)):
        feed.publish(update("a", status, revision))
        await asyncio.sleep(0)
    assert await said(inbox) == ["a paused 3"]
    feed.publish(update("a", "completed", 5))
    assert await said(inbox) == []


async def test_a_reader_of_one_type_hears_of_no_other_whatever_was_before() -> None:
    feed = Feed()
    inbox = feed.join(Filters(task_type="other"), only=Filters(task_type="other"))
    alices = feed.join(Filters(owner="alice"), only=Filters(owner="alice"))
    own = feed.join(Filters(task_type="fetch_data"), only=Filters(task_type="fetch_data"))
    # Not told before, and not new: an update that is sent to all who may see it.
    feed.publish(update("a"))
    assert await said(inbox) == await said(alices) == []
    assert await said(own) == ["a running 2"]


async def test_one_that_was_in_the_list_and_never_told_is_told_when_it_leaves() -> None:
    feed = Feed()
    inbox = feed.join(RUNNING)
    feed.publish(update("a", "completed", 9))
    feed.publish(update("a", "completed", 10))
    assert await said(inbox) == ["a completed 9"]


@pytest.mark.parametrize("size", [0, 5_000])
async def test_a_full_inbox_is_emptied_and_says_so(size: int) -> None:
    counts = Counts()
    feed = Feed(counts)
    inbox = feed.join(Filters())
    many = 1000
    for number in range(many):
        feed.publish(update(str(number), message="x" * size))
    heard = await said(inbox)
    assert heard[0] == "reload"
    assert heard[-1] == f"{many - 1} running 2"
    assert len(heard) < (50 if size else 600)
    assert counts.delivered == len(heard) - 1
    assert counts.delivered + counts.dropped == many


async def test_what_waits_is_bounded_by_its_size_and_one_large_message_passes() -> None:
    feed = Feed()
    inbox = feed.join(Filters())
    large = update("large", message="x" * (feeds.MOST_CHARACTERS + 1))
    feed.publish(large)
    assert await inbox.get() == large.message
    for number in range(200):
        feed.publish(update(str(number), message="x" * 10_000))
    assert await inbox.get() == RELOAD
    feed.publish(update("last"))
    characters, message = 0, ""
    while '"last"' not in message:
        message = await inbox.get()
        characters += len(message)
    assert characters < 1.1 * feeds.MOST_CHARACTERS


async def test_what_is_known_of_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_KNOWN", 10)
    feed = Feed()
    inbox = feed.join(RUNNING)
    for number in range(50):
        feed.publish(update(str(number), "paused", 1))
    for number in (49, 40, 39):  # of the last one it is not known that it did not pass
        feed.publish(update(str(number), "paused"))
    assert await said(inbox) == ["39 paused 2"]
    feed.leave(inbox)
    inbox = feed.join(RUNNING)
    feed.publish(update("49", "paused", 3))
    assert await said(inbox) == ["49 paused 3"]


async def test_an_update_is_led_past_only_while_nothing_waits() -> None:
    feed = Feed()
    inbox = feed.join(Filters())
    written: list[bytes] = []
    room = True

    def write(frame: bytes) -> bool:
        if room:
            written.append(frame)
        return room

    inbox.lead_past(write)
    first, second, third, fourth = (update("a", revision=revision) for revision in (1, 2, 3, 4))
    feed.publish(first)  # nobody has asked yet: what was taken before may still be on its way
    assert await inbox.get() == first.message
    waiting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    feed.publish(second)
    assert written == [second.frame]
    room = False
    feed.publish(third)
    room = True
    feed.publish(fourth)  # not past the one that waits: it takes its place
    assert await waiting == fourth.message
    assert written == [second.frame]
