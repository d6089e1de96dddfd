"""The thread that sends events: which process has it send, and that no task does. Real beat
processes: tests/integration/test_cleaning.py; the API: tests/web/test_webhooks.py."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import redis

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.tracking import webhooks as module
from progress_backend.tracking.webhooks import WebhookThread, begin_sending
from progress_backend.webhooks import delivery, sender
from tests.waiting import eventually
from tests.webhooks.targets import Receiver, receiving, spec

LOCK = "progress_lock:webhooks"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "STEP_S", 0.02)


def target_at(receiver: Receiver) -> str:
    return spec(url=receiver.url, allow_private=True)


@contextmanager
def sending(settings: Settings) -> Iterator[WebhookThread]:
    thread = begin_sending(settings)
    assert thread is not None
    try:
        yield thread
    finally:
        thread.stop()


def end(settings: Settings, task_id: str) -> None:
    with Store(settings) as store:
        for event in (ev.Created(identity=ev.Identity("t")), ev.Cancelled(by="api")):
            store.run(store.flows.apply(task_id, (event,), store.now()))


def test_one_process_sends_at_a_time_and_another_follows_it(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOCK_MS", 300)
    with receiving() as receiver, redis.Redis.from_url(redis_url) as client:
        settings = Settings(redis_url=redis_url, webhooks=target_at(receiver))
        with sending(settings) as first:
            eventually(lambda: client.get(LOCK))
            with sending(settings) as second:
                end(settings, "a")
                eventually(lambda: receiver.ids["a:0:2:cancelled"])
                assert client.get(LOCK) == first._token.encode()
                first.stop()
                eventually(lambda: client.get(LOCK) == second._token.encode())
                end(settings, "b")
                eventually(lambda: receiver.ids == {"a:0:2:cancelled": 1, "b:0:2:cancelled": 1})
        assert client.get(LOCK) is None


def test_without_the_extra_it_logs_what_is_missing_once_and_leaves_the_lock(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    looks: list[str] = []
    monkeypatch.setattr(delivery, "find_spec", looks.append)
    with sending(Settings(redis_url=redis_url, webhooks=spec())):
        eventually(lambda: len(looks) > 8)
    logged = [one.getMessage() for one in caplog.records if "webhooks" in one.getMessage()]
    wanted = "pip install 'progress-backend[webhooks]'"
    assert logged == [f"webhooks need httpcore and standardwebhooks: {wanted}"]
    with redis.Redis.from_url(redis_url) as client:
        assert client.get(LOCK) is None
