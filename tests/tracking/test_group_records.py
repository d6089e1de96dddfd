"""A group's records begin in batches, each before its message leaves: a real broker, no worker."""

import gc
import os
import signal
import threading
from collections.abc import Iterator, Sequence

import pytest
import redis
from celery import Celery, chord, group
from kombu.exceptions import OperationalError

from progress_backend.flows.stored_record import Applied
from progress_backend.runs.sender import Sender
from progress_backend.runs.writer import Entry
from progress_backend.tracking.group_records import Batch
from tests.apps import nothing
from tests.conftest import Install
from tests.groups import AWAY, fetch, messages
from tests.waiting import PATIENCE_S

#: Members of a batch.
MOST = 20


@pytest.fixture
def installed(installed: Install, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    monkeypatch.setattr("progress_backend.tracking.group_records.MOST", MOST)
    yield installed
    gc.collect()  # a group's results unsubscribe as they go: while their server is there


def test_every_member_has_its_record_and_its_message(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    result = group(task.si(str(n)) for n in range(2 * MOST + 10)).apply_async()
    ids = [member.id for member in result]
    assert messages(app) == ids
    assert set(app.records()) == set(ids)
    for number in (0, MOST, 2 * MOST + 9):
        record = app.record(ids[number])
        assert (record.status, record.symbol) == ("created", str(number))
        assert (record.group_id, record.revision) == (result.id, 1)


def test_celery_publishes_a_group_through_the_producer_that_it_is_given(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each member's record would take a round trip of its own."""
    together, counts = Sender.record_together, list[int]()

    def counted(sender: Sender, several: Sequence[Entry]) -> list[Applied | None]:
        counts.append(len(several))
        return together(sender, several)

    monkeypatch.setattr(Sender, "record_together", counted)
    # On a busy machine messages would be sent before they are as many.
    monkeypatch.setattr("progress_backend.tracking.group_records.PATIENCE_S", PATIENCE_S)
    task = fetch(installed())
    group(task.si(str(n)) for n in range(MOST + 3)).apply_async()
    chord([task.si(str(n)) for n in range(3)], task.si("last")).apply_async()
    assert counts == [MOST, 3, 4]


def test_the_records_are_there_before_the_first_message(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.tracking.group_records.PATIENCE_S", PATIENCE_S)
    app = installed({"broker_url": AWAY})
    task = fetch(app)
    with pytest.raises(OperationalError):
        group(task.si(str(n)) for n in range(3)).apply_async()
    records = [app.record(task_id) for task_id in app.records()]
    assert len(records) == 3
    for record in records:
        assert (record.status, record.error_cause) == ("error", "not_published")


def test_a_member_that_is_refused_keeps_none_back(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    with pytest.raises(TypeError, match="unexpected"):
        group([task.si("a"), task.si("b", unexpected=1), task.si("c")]).apply_async()
    assert [app.record(task_id).symbol for task_id in messages(app)] == ["a"]
    assert [app.record(task_id).status for task_id in app.records()] == ["created"]


def test_untracked_members_leave_in_their_place(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    untracked = app.task(name="plain", shared=False)(nothing)
    result = group([task.si("a"), untracked.si(), task.si("b")]).apply_async()
    assert messages(app) == [member.id for member in result]
    assert [app.record(task_id).symbol for task_id in app.records()] == ["b", "a"]


def test_an_app_that_is_not_installed_publishes_as_ever(installed: Install, redis_url: str) -> None:
    installed()  # from now on groups are watched
    with Celery("bare", broker=redis_url, backend=redis_url, set_as_current=False) as bare:
        task = bare.task(name="bare", shared=False)(nothing)
        assert len(group([task.si(), task.si()], app=bare).apply_async()) == 2


def test_members_of_two_apps_have_their_records_where_theirs_are(installed: Install) -> None:
    one, two = installed(key_prefix="one:"), installed(key_prefix="two:")
    ours, theirs = fetch(one), fetch(two)
    result = group(ours.si("a"), theirs.si("b"), ours.si("c")).apply_async()
    first, second, third = (member.id for member in result)
    assert messages(one) == [first, second, third]
    with redis.Redis.from_url(one.celery.conf.broker_url, decode_responses=True) as client:
        assert client.zrange("one:tasks", 0, -1) == [first, third]
        assert client.zrange("two:tasks", 0, -1) == [second]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_child_that_is_forked_while_a_thread_sends_can_go_on(
    installed: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generator of members that forks: the other thread, with its locks, is the parent's."""
    monkeypatch.setattr("progress_backend.runs.fork_guard.WAIT_S", PATIENCE_S)
    sends, sent = threading.Event(), threading.Event()

    class Slow:
        """A broker that takes its time."""

        def publish(self, body: object, **options: object) -> None:
            sends.set()
            sent.wait(60)

    batch = Batch(Slow(), installed().tracker)
    batch.publish("first")
    assert sends.wait(60)
    threading.Timer(0.3, sent.set).start()
    if (child := os.fork()) == 0:
        signal.alarm(60)  # ends one that waits without end
        batch.publish("second")
        batch.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
