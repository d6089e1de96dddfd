"""The sender over a real store and real receivers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from progress_backend.flows import commands as c
from progress_backend.flows import webhooks
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Worker
from progress_backend.record.webhook_schedule import ATTEMPTS
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.targets import targets_of
from progress_backend.webhooks import sender as module
from progress_backend.webhooks.answer import Answer
from progress_backend.webhooks.sender import Sender
from tests.waiting import eventually
from tests.webhooks.targets import receiving, spec

IDENTITY = ev.Identity(task_type="fetch_data")


@contextmanager
def sending(redis_url: str, url: str, **options: Any) -> Iterator[Store]:
    """A store with a target and a sender that runs."""
    settings = Settings(redis_url=redis_url, webhooks=spec(url=url, allow_private=True))
    targets = targets_of(settings)
    assert targets is not None
    with Store(settings) as store, Store(settings) as senders:
        sender = Sender(senders, targets, **options)
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


def figures(store: Store) -> c.Outbox:
    (found,) = store.execute(c.OutboxFigures(("ops",)))
    return found


def test_ends_warnings_and_workflows_reach_the_receiver(redis_url: str) -> None:
    with receiving() as receiver, sending(redis_url, receiver.url) as store:
        member = ev.Identity(task_type="fetch_data", member=Member(("w",)))
        apply(store, "a", ev.Created(identity=member))
        apply(store, "b", ev.Started(identity=IDENTITY, worker=Worker("l", "celery@x")))
        apply(store, "b", ev.Progressed(current=1))
        apply(store, "b", ev.Failed(error_message="why", asked=ev.Asked(force=True)))
        apply(store, "a", ev.Cancelled(by="api"))
        eventually(lambda: len(receiver.events) == 3)
        assert receiver.faults == []
        assert sorted(receiver.types) == [
            "progress.task.cancelled",
            "progress.task.error",
            "progress.workflow.cancelled",
        ]
        eventually(lambda: figures(store) == c.Outbox(0, delivered=3))
        kept = store.run(webhooks.deliveries("ops"))
        assert [one["status"] for one in kept] == [204] * 3
        assert store.run(webhooks.resend("ops", kept[0]["id"]))
        eventually(lambda: receiver.ids[kept[0]["id"]] == 2)


def test_an_event_that_fails_is_sent_again_under_its_id(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "pause_s", lambda *_: 0.05)
    answers = iter([500, 503, 301])
    with (
        receiving(lambda _: next(answers, 200)) as receiver,
        sending(redis_url, receiver.url) as store,
    ):
        end(store, "a")
        eventually(lambda: figures(store).delivered == 1)
        assert receiver.ids == {"a:0:2:cancelled": 4}
        tries = [(one["attempt"], one["status"]) for one in store.run(webhooks.deliveries("ops"))]
        assert tries == [(4, 200), (3, 301), (2, 503), (1, 500)]
    assert "is sent again" in caplog.text
    assert receiver.url not in caplog.text


def test_an_event_is_given_up_after_the_last_attempt(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        module, "pause_s", lambda attempts, *_: 0.02 if attempts < ATTEMPTS else None
    )
    with receiving(lambda _: 500) as receiver, sending(redis_url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: figures(store) == c.Outbox(0, failed=1))
        assert receiver.ids == {"a:0:2:cancelled": ATTEMPTS}
    assert "given up after" in caplog.text


def test_410_switches_a_target_off_until_it_is_switched_on(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    status = [410]
    with receiving(lambda _: status[0]) as receiver, sending(redis_url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: store.execute(c.TargetsOff()))
        end(store, "b")
        time.sleep(0.3)  # several steps of the sender
        assert len(receiver.events) == 1
        assert figures(store).waiting == 2
        status[0] = 200
        store.execute(c.SwitchTarget("ops", None))
        eventually(lambda: figures(store) == c.Outbox(0, delivered=2))
        assert receiver.ids == {"a:0:2:cancelled": 2, "b:0:2:cancelled": 1}
    assert "webhook on ops" in caplog.text


def test_a_slow_target_holds_up_no_other(redis_url: str) -> None:
    held = threading.Event()

    def slow(_: BaseHTTPRequestHandler) -> int:
        held.wait(10)
        return 200

    with receiving(slow) as one, receiving() as other:
        both = spec("slow", one.url, allow_private=True)[:-1] + ","
        both += spec("quick", other.url, allow_private=True)[1:]
        settings = Settings(redis_url=redis_url, webhooks=both)
        targets = targets_of(settings)
        assert targets is not None
        with Store(settings) as store, Store(settings) as senders:
            sender = Sender(senders, targets)
            thread = threading.Thread(target=sender.run)
            thread.start()
            for i in range(20):
                end(store, f"t{i}")
            eventually(lambda: len(other.ids) == 20)
            assert len(one.events) <= 4  # its threads
            held.set()
            sender.stop()
            thread.join(20)


def test_what_there_is_no_time_for_is_given_back(redis_url: str) -> None:
    """A sender that stops keeps nothing that it has not sent."""
    settings = Settings(redis_url=redis_url, webhooks=spec(allow_private=True))
    targets = targets_of(settings)
    assert targets is not None
    with Store(settings) as store:
        for i in range(5):
            end(store, f"t{i}")

        def send(*_: object) -> Answer:
            sender.stop()
            return Answer(200)

        sender = Sender(store, targets, send=send)
        sender.run()
        assert figures(store) == c.Outbox(4, delivered=1)
        now_ms = int(store.now().timestamp() * 1000)
        left = store.execute(c.TakeEvents("ops", now_ms, now_ms, 10))
        assert [one.attempt for one in left] == [1] * 4


def test_dropped_events_are_told(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from progress_backend.store.command_table import webhooks as table

    monkeypatch.setattr(table, "MOST", 2)
    caplog.set_level(logging.WARNING)
    with receiving(lambda _: 500) as receiver, sending(redis_url, receiver.url) as store:
        end(store, "first")
        eventually(lambda: receiver.events)
        for i in range(4):
            end(store, f"t{i}")
        eventually(lambda: figures(store).dropped == 3)
        eventually(lambda: "events were dropped" in caplog.text)


def test_it_goes_on_when_the_store_is_back(start_server: Callable[..., Any]) -> None:
    server = start_server()
    with receiving() as receiver, sending(server.url, receiver.url) as store:
        end(store, "a")
        eventually(lambda: len(receiver.events) == 1)
        server.stop()
        time.sleep(0.2)
        server.start()
        eventually(lambda: _ends(store, "b"))
        eventually(lambda: "b:0:2:cancelled" in receiver.ids)


def _ends(store: Store, task_id: str) -> bool:
    try:
        end(store, task_id)
    except Exception:
        return False
    return True


def test_an_error_of_a_library_is_an_attempt_and_an_event_that_kills_is_given_up(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "pause_s", lambda attempts, *_: None if attempts > 2 else 0.02)

    def send(*_: object) -> Answer:
        raise ValueError("of a library")

    with sending(redis_url, "http://127.0.0.1:9/", send=send) as store:
        end(store, "a")
        eventually(lambda: figures(store) == c.Outbox(0, failed=1))
        kept = store.run(webhooks.deliveries("ops"))
        assert [one["error"] for one in kept] == ["ValueError: of a library"] * 3
    with sending(redis_url, "http://127.0.0.1:9/", send=lambda *_: Answer(200)) as store:
        taken = c.Taken(0, "b", b"{}", 2 * ATTEMPTS + 1)
        sender = Sender(store, lambda: (), send=lambda *_: Answer(200))
        (target,) = targets_of(store.settings)()
        assert sender._answer(target, taken).error == "its senders have died"
