"""Which tasks' updates pass a filter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from progress_backend.live import all_tasks as feeds
from progress_backend.live.all_tasks import ALL, Feed
from progress_backend.live.update import Update
from progress_backend.operations.lists import Filters
from progress_backend.record.model import Task
from progress_backend.record.task_json import encode

RUNNING = Filters(status="running")


def update(task_id: str, status: str = "running", revision: int = 2) -> Update:
    task = Task(task_id, "fetch_data", 9, None, status=status, revision=revision)
    task = replace(task, created_at=datetime(2024, 1, 15, tzinfo=UTC))
    return Update.of(encode(task), 1)


class Kept:
    """A receiver that keeps, in short, what it gets."""

    def __init__(self, feed: Feed, filters: Filters = ALL, only: Filters = ALL) -> None:
        self._kept: list[str] = []
        feed.join(self, filters, only)

    def put(self, item: Update) -> None:
        self._kept.append(f"{item.task_id} {item.facets[0]} {item.revision}")

    def reload(self) -> None:
        self._kept.append("reload")

    def close(self) -> None:
        self._kept.append("closed")

    def taken(self) -> list[str]:
        taken, self._kept = self._kept, []
        return taken


def test_one_that_leaves_the_filter_is_told_once_more() -> None:
    feed = Feed()
    running = Kept(feed, RUNNING)
    feed.publish(update("a", "created", 1))
    assert running.taken() == []
    for status, revision in (("running", 2), ("paused", 3), ("completed", 4)):
        feed.publish(update("a", status, revision))
    assert running.taken() == ["a running 2", "a paused 3"]
    feed.publish(update("a", "completed", 5))
    assert running.taken() == []


def test_a_reader_of_one_type_hears_of_no_other_whatever_was_before() -> None:
    feed = Feed()
    other, alices, own = (
        Kept(feed, of, of)
        for of in (
            Filters(task_type="other"),
            Filters(owner="alice"),
            Filters(task_type="fetch_data"),
        )
    )
    # Not told before, and not new: an update that is sent to all who may see it.
    feed.publish(update("a"))
    assert (other.taken(), alices.taken(), own.taken()) == ([], [], ["a running 2"])


def test_one_that_was_in_the_list_and_never_told_is_told_when_it_leaves() -> None:
    feed = Feed()
    running = Kept(feed, RUNNING)
    feed.publish(update("a", "completed", 9))
    feed.publish(update("a", "completed", 10))
    assert running.taken() == ["a completed 9"]


def test_what_is_known_of_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "MOST_KNOWN", 10)
    feed = Feed()
    running = Kept(feed, RUNNING)
    for number in range(50):
        feed.publish(update(str(number), "paused", 1))
    for number in (49, 40, 39):  # of the last one it is not known that it did not pass
        feed.publish(update(str(number), "paused"))
    assert running.taken() == ["39 paused 2"]
    feed.leave(running)
    running = Kept(feed, RUNNING)
    feed.publish(update("49", "paused", 3))
    assert running.taken() == ["49 paused 3"]
    feed.close()
    assert (running.taken(), Kept(feed).taken()) == (["closed"], ["closed"])
