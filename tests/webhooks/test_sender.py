"""The sender over a real store and real receivers."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

import progress_backend.webhooks as package
from progress_backend.credentials.targets import targets_of
from progress_backend.operations import webhooks
from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.store.outage_log import OneAMinute
from progress_backend.webhooks import begin_sending
from progress_backend.webhooks import sender as module
from progress_backend.webhooks.post import Answer
from progress_backend.webhooks.sender import PAUSES_S, WebhookSender
from tests.servers import user_without
from tests.waiting import eventually
from tests.webhooks.targets import receiving, spec

IDENTITY = ev.Identity(task_type="fetch_data")


@contextmanager
def made(redis_url: str, text: str = "") -> Iterator[tuple[Store, WebhookSender]]:
    """A store with targets, and a sender that does not run."""
    settings = Settings(redis_url=redis_url, webhooks=text or spec(allow_private=True))
    targets = targets_of(settings)
    assert targets is not None
    with Store(settings) as store:
        yield store, WebhookSender(settings, targets)


@contextmanager
def sending(redis_url: str, *targets: str) -> Iterator[Store]:
    """A store with targets at these URLs and a sender that runs."""
    named = zip(("ops", "more"), targets, strict=False)
    each = (spec(name, url, allow_private=True)[1:-1] for name, url in named)
    with made(redis_url, f"[{','.join(each)}]") as (store, sender):
        thread = threading.Thread(target=sender.run)
        thread.start()
        try:
            yield store
        finally:
            sender.stop()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STEP_S", 0.02)


def apply(store: Store, task_id: str, *events: ev.Event) -> None:
    store.run(store.flows.apply(task_id, events, store.now()))


def end(store: Store, task_id: str) -> None:
    apply(store, task_id, ev.Created(identity=IDENTITY))
    apply(store, task_id, ev.Cancelled(by="api"))


def figures(store: Store) -> webhooks.TargetCounts:
    (found,) = store.execute(webhooks.figures(("ops",)))
    return found


def test_ends_warnings_and_workflows_reach_the_receiver(redis_url: str) -> None:
    with receiving() as receiver, sending(redis_url, receiver.url) as store:
        member = ev.Identity(task_type="fetch_data", member=Member(("w",)))
        apply(store, "a", ev.Created(identity=member))
        apply(store, "b", ev.Started(identity=IDENTITY, worker=Worker("l", "celery@x")))
        apply(store, "b", ev.Progressed(current=1))
        apply(store, "b", ev.Failed(error_message="why", asked=ev.EndRequest(force=True)))
        apply(store, "a", ev.Cancelled(by="api"))
        eventually(lambda: len(receiver.events) == 3)
        assert receiver.faults == []
        assert sorted(receiver.types) == [
            "progress.task.cancelled",
            "progress.task.error",
            "progress.workflow.cancelled",
        ]
        eventually(lambda: figures(store) == webhooks.TargetCounts(0, delivered=3))
        assert set(receiver.ids.values()) == {1}


def test_events_of_tasks_are_sent_where_the_ends_of_workflows_cannot_be_read(
    redis_url: str,
) -> None:
    key = Keys().may_have_ended
    with (
        user_without(redis_url, key) as url,
        receiving() as receiver,
        sending(url, receiver.url) as store,
    ):
        end(store, "a")
        eventually(lambda: figures(store) == webhooks.TargetCounts(0, delivered=1))


def test_an_event_that_fails_is_sent_again_under_its_id(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "PAUSES_S", (0.05,) * len(PAUSES_S))
    answers = iter([500, 503, 301])
    with (
        receiving(lambda _: next(answers, 200)) as receiver,
        sending(redis_url, receiver.url) as store,
    ):
        end(store, "a")
        eventually(lambda: figures(store).delivered == 1)
        assert receiver.ids == {"a~0~2~cancelled": 4}
    assert "is sent again in 0 s (attempt 1 of 11): HTTP 500" in caplog.text
    assert receiver.url not in caplog.text


def test_an_event_is_given_up_after_the_last_attempt(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert 3 < sum(PAUSES_S) / 86_400 < 4, "days, within which the store keeps the event"
    monkeypatch.setattr(module, "PAUSES_S", (0.02,) * len(PAUSES_S))
    with receiving(lambda _: 500) as receiver, sending(redis_url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: figures(store) == webhooks.TargetCounts(0, failed=1))
        assert receiver.ids == {"a~0~2~cancelled": len(PAUSES_S) + 1}
    assert "given up after" in caplog.text


def test_an_event_that_is_answered_by_410_is_given_up_at_once(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(lambda _: 410) as receiver, sending(redis_url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: figures(store) == webhooks.TargetCounts(0, failed=1))
        assert receiver.ids == {"a~0~2~cancelled": 1}
    assert "given up after 1 attempts: HTTP 410" in caplog.text


def test_a_slow_target_holds_up_no_other(redis_url: str) -> None:
    held = threading.Event()

    def slow(_: BaseHTTPRequestHandler) -> int:
        held.wait(60)
        return 200

    with (
        receiving(slow) as one,
        receiving() as other,
        sending(redis_url, one.url, other.url) as store,
    ):
        for i in range(20):
            end(store, f"t{i}")
        eventually(lambda: len(other.ids) == 20)
        assert len(one.events) <= 4  # its threads
        held.set()


def test_a_sender_that_stops_takes_nothing_more(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_THREADS", 1)
    with made(redis_url) as (store, sender):
        for i in range(5):
            end(store, f"t{i}")

        def send(*_: object) -> Answer:
            sender.stop()
            return Answer(200)

        monkeypatch.setattr(module, "post", send)
        sender.run()
        assert figures(store) == webhooks.TargetCounts(4, delivered=1)
        taken = store.execute(webhooks.take(0, "ops", 1))
        assert (taken.id, taken.attempt) == ("t1~0~2~cancelled", 1)


def test_without_the_extra_no_sender_begins_and_a_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "httpcore", None)
    for name in ("sender", "post", "connection"):
        monkeypatch.delitem(sys.modules, f"{package.__name__}.{name}", raising=False)
    assert begin_sending(Settings(webhooks=spec())) is None
    wanted = "pip install 'progress-backend[webhooks]'"
    assert caplog.messages == [f"webhooks need httpcore: {wanted}"]
    assert begin_sending(Settings()) is None


def test_it_goes_on_when_the_store_is_back(start_server: Callable[..., Any]) -> None:
    server = start_server()
    with receiving() as receiver, sending(server.url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: len(receiver.events) == 1)
        server.stop()
        time.sleep(0.2)
        server.start()
        eventually(lambda: _ends(store, "b"))
        eventually(lambda: "b~0~2~cancelled" in receiver.ids)


def _ends(store: Store, task_id: str) -> bool:
    try:
        end(store, task_id)
    except Exception:
        return False
    return True


def test_an_event_that_ends_each_of_its_senders_is_given_up_unsent(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with made(redis_url) as (store, sender):
        end(store, "a")
        monkeypatch.setattr(module, "post", lambda *_: pytest.fail("it is sent once more"))
        monkeypatch.setattr(module, "PAUSES_S", ())
        taken = store.execute(webhooks.take(0, "ops", 1))  # a sender that dies
        assert taken is not None
        with sender._store:
            eventually(lambda: sender._send_next(sender._targets()[0], 0))
        assert figures(store) == webhooks.TargetCounts(0, failed=1)
    assert "given up after 2 attempts: its senders have died" in caplog.text


def test_dropped_events_are_one_log_line_a_minute(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 2)
    monkeypatch.setattr(module, "_THREADS", 0)
    minutes = [0.0]
    with made(redis_url) as (store, sender):
        sender._count = OneAMinute(lambda: minutes[0])
        with sender._store:
            for number in range(12):
                end(store, f"t{number}")
                minutes[0] += 20
                sender.step()
    assert figures(store).dropped == 10
    lines = [one for one in caplog.records if one.name == module.logger.name]
    assert [one.args[:2] for one in lines if one.args] == [("ops", 2), ("ops", 3), ("ops", 3)]
