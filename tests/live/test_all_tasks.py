"""Which tasks' updates pass a filter."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from progress_backend.live import all_tasks
from progress_backend.live.all_tasks import ALL, AllTasksWatch
from progress_backend.live.receivers import DeliveryCounts
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

    def __init__(self, watch: AllTasksWatch, filters: Filters = ALL, only: Filters = ALL) -> None:
        self._kept: list[str] = []
        self.filters, self.only, self.values = filters, only, True
        watch.add(self, self.put)

    def put(self, item: Update) -> None:
        self._kept.append(f"{item.task_id} {item.facets[0]} {item.revision}")

    def reload(self) -> None:
        self._kept.append("reload")

    def close(self) -> None:
        self._kept.append("closed")

    def taken(self) -> list[str]:
        taken, self._kept = self._kept, []
        return taken


def test_a_task_that_leaves_the_filter_is_sent_once_more() -> None:
    watch = AllTasksWatch(DeliveryCounts())
    running = Kept(watch, RUNNING)
    watch.publish(update("a", "created", 1))
    assert running.taken() == []
    for status, revision in (("running", 2), ("paused", 3), ("completed", 4)):
        watch.publish(update("a", status, revision))
    assert running.taken() == ["a running 2", "a paused 3"]
    watch.publish(update("a", "completed", 5))
    assert running.taken() == []


def test_a_reader_of_one_type_receives_no_other() -> None:
    watch = AllTasksWatch(DeliveryCounts())
    other, alices, own = (
        Kept(watch, of, of)
        for of in (
            Filters(task_type="other"),
            Filters(owner="alice"),
            Filters(task_type="fetch_data"),
        )
    )
    # Not sent before, and not new: an update that is sent to all who may see it.
    watch.publish(update("a"))
    assert (other.taken(), alices.taken(), own.taken()) == ([], [], ["a running 2"])


def test_a_listed_task_without_updates_is_sent_when_it_leaves() -> None:
    watch = AllTasksWatch(DeliveryCounts())
    running = Kept(watch, RUNNING)
    watch.publish(update("a", "completed", 9))
    watch.publish(update("a", "completed", 10))
    assert running.taken() == ["a completed 9"]


def test_a_reader_of_statuses_receives_no_other_value() -> None:
    watch = AllTasksWatch(DeliveryCounts())
    kept = Kept(watch)
    kept.values = False
    for revision, status in enumerate(("created", "running", "running", "completed"), 1):
        watch.publish(update("a", status, revision))
    assert kept.taken() == ["a created 1", "a running 2", "a completed 4"]


def test_what_is_known_of_tasks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_tasks, "MOST_KNOWN", 10)
    watch = AllTasksWatch(DeliveryCounts())
    running = Kept(watch, RUNNING)
    for number in range(50):
        watch.publish(update(str(number), "paused", 1))
    for number in (49, 40, 39):  # of the last one it is not known that it did not pass
        watch.publish(update(str(number), "paused"))
    assert running.taken() == ["39 paused 2"]


def test_updates_that_were_missed_make_each_client_read_the_list_again() -> None:
    watch = AllTasksWatch(DeliveryCounts())
    running = Kept(watch, RUNNING)
    watch.confirmed()
    assert running.taken() == [], "nothing was before"
    watch.publish(update("a", "paused", 1))
    watch.lost()
    watch.confirmed()
    assert running.taken() == ["reload", "reload"]
    watch.publish(update("a", "paused"))  # of which it is not known any more how it was
    assert running.taken() == ["a paused 2"]
