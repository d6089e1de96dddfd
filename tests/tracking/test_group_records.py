"""A group's records begin in batches, each before its message leaves: a real broker, no worker."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest
import redis
from celery import Celery, Task, _state, chain, chord, group
from celery.local import Proxy
from kombu.exceptions import EncodeError, OperationalError

from progress_backend import ProgressNotifier
from progress_backend.tracking.group_records import Batch
from tests.apps import App
from tests.conftest import Install, StartServer
from tests.groups import AWAY, fetch, messages
from tests.strangers import Stranger, hanging_up

#: Members of a batch.
MOST = 20


@pytest.fixture
def installed(installed: Install, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    # On a busy machine many records may take longer than a publisher waits for them.
    monkeypatch.setattr("progress_backend.runs.sender.JOB_WAIT_S", 5.0)
    monkeypatch.setattr("progress_backend.tracking.group_records.MOST", MOST)
    yield installed
    gc.collect()  # a group's results unsubscribe as they go: while their server is there


def nothing() -> None:
    pass


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


def test_a_batch_of_records_is_a_few_reads_of_the_store(
    installed: Install, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.tracking.group_records.PATIENCE_S", 60.0)
    store = start_server()
    app = installed(redis_url=store.url)
    task = fetch(app)
    members = [task.si(str(n)) for n in range(MOST)]
    group(members).apply_async()  # connects, loads the scripts
    with redis.Redis.from_url(store.url) as client:
        client.config_resetstat()
        group(members).apply_async()
        # A token keeps the group's workflow open until no more members follow.
        assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == MOST + 2
        # A read takes 16 KiB of the requests at a time.
        assert client.info("stats")["total_reads_processed"] < MOST / 2


def test_the_records_are_there_before_the_first_message(installed: Install) -> None:
    app = installed({"broker_url": AWAY})
    task = fetch(app)
    with pytest.raises(OperationalError):
        group(task.si(str(n)) for n in range(3)).apply_async()
    records = [app.record(task_id) for task_id in app.records()]
    assert len(records) == 3
    for record in records:
        assert (record.status, record.error_cause) == ("error", "not_published")


def test_what_cannot_be_sent_ends_with_those_behind_it(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    with pytest.raises(EncodeError):
        group([task.si("a"), task.si("b"), task.si(object()), task.si("d")]).apply_async()
    sent = messages(app)
    assert [app.record(task_id).symbol for task_id in sent] == ["a", "b"]
    left = [app.record(task_id) for task_id in app.records() if task_id not in sent]
    assert {record.error_cause for record in left} == {"not_published"}
    assert len(left) == 2


def test_a_member_that_is_refused_keeps_none_back(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    with pytest.raises(TypeError, match="unexpected"):
        group([task.si("a"), task.si("b", unexpected=1), task.si("c")]).apply_async()
    assert [app.record(task_id).symbol for task_id in messages(app)] == ["a"]
    assert [app.record(task_id).status for task_id in app.records()] == ["created"]


def test_groups_in_groups_chains_and_chords(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    inner = group(task.si("c"), task.si("d"))
    group([task.si("a"), chain(task.si("b"), task.si("later")), inner]).apply_async()
    chord([task.si("e"), task.si("f")], task.si("later")).apply_async()
    sent = [app.record(task_id).symbol for task_id in messages(app)]
    assert sorted(str(symbol) for symbol in sent) == ["a", "b", "c", "d", "e", "f"]
    assert set(messages(app)) <= set(app.records())


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


def test_an_id_that_a_service_made_keeps_its_values(installed: Install) -> None:
    app = installed()
    task = fetch(app)
    task.apply_async(("first",), task_id="mine")
    group([task.si("a"), task.si("second").set(task_id="mine")]).apply_async()
    assert app.record("mine").symbol == "first"
    assert messages(app).count("mine") == 2


def test_a_store_that_is_away_is_tried_once_a_second(installed: Install) -> None:
    with Stranger(hanging_up) as away:
        app = installed({"result_backend": "cache+memory://"}, redis_url=away.url)
        task = fetch(app)
        began = time.monotonic()
        result = group(task.si(str(n)) for n in range(MOST)).apply_async()
        # By those who publish, and by the sender's thread.
        assert away.accepted <= 2 * (1 + time.monotonic() - began)
    assert messages(app) == [member.id for member in result]


def test_one_record_that_cannot_be_made_leaves_the_others_theirs(
    installed: Install, redis_url: str
) -> None:
    app = installed()
    task = fetch(app)
    with redis.Redis.from_url(redis_url) as client:
        client.lpush("task:odd", "somebody else's")
    group([task.si("a"), task.si("odd").set(task_id="odd"), task.si("b")]).apply_async()
    ids = messages(app)
    assert ids[1] == "odd"
    assert [app.record(task_id).symbol for task_id in (ids[0], ids[2])] == ["a", "b"]


@pytest.fixture
def current(installed: Install) -> Iterator[App]:
    """An installed app that is the current one."""
    before = _state._tls.current_app
    app = installed()
    app.celery.set_current()
    yield app
    _state._tls.current_app = before


def test_a_task_that_was_never_registered_has_a_notifier(current: App) -> None:
    class Loose(Task):  # type: ignore[misc]  # celery is untyped
        name = "loose"

        def run(self) -> int:
            ProgressNotifier(self).update(1, 2)
            return 1

    assert isinstance(Loose().app, Proxy)
    assert Loose()() == 1  # called as a function: nothing is recorded


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
def test_a_child_that_is_forked_while_the_timer_sends_can_go_on() -> None:
    """A generator of members that forks: the timer's thread, with its locks, is the parent's."""
    sends, sent = threading.Event(), threading.Event()

    class Slow:
        """A broker that takes its time."""

        def publish(self, body: object, **options: object) -> None:
            sends.set()
            sent.wait(20)

    batch = Batch(Slow())
    batch.publish("first")
    assert sends.wait(10)
    threading.Timer(0.3, sent.set).start()
    if (child := os.fork()) == 0:
        signal.alarm(10)  # ends one that waits without end
        batch.publish("second")
        batch.flush()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
