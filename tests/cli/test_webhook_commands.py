"""The terminal lists and tests webhooks, and sends their events."""

import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from progress_backend.cli import main
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import eventually
from tests.webhooks.targets import receiving, spec


def call(*words: str, redis_url: str = "", **env: str) -> Result:
    urls = {"PROGRESS_REDIS_URL": redis_url, "PROGRESS_WEBHOOKS": "", **env}
    return CliRunner().invoke(main, ["webhook", *words], env=urls)


def ended(redis_url: str, webhooks: str) -> Store:
    store = Store(Settings(redis_url=redis_url, webhooks=webhooks))
    identity = ev.Identity(task_type="fetch_data")
    for event in (ev.Created(identity=identity), ev.Cancelled(by="api")):
        store.run(store.flows.apply("t", (event,), store.now()))
    return store


def test_a_test_event_is_sent_now() -> None:
    with receiving() as receiver:
        result = call("test", "ops", PROGRESS_WEBHOOKS=spec(url=receiver.url, allow_private=True))
        assert result.exit_code == 0, result.output
        assert re.search(r"webhook ops has accepted the event: HTTP 204", result.output)
        assert receiver.types == ["progress.webhook.test"]
        assert receiver.faults == []
        refused = call("test", "ops", PROGRESS_WEBHOOKS=spec(url=receiver.url))
        assert refused.exit_code == 1
        assert "allow_private" in refused.output
        assert len(receiver.events) == 1


def test_it_sends_until_it_is_ended(redis_url: str, start_service: Callable[..., Any]) -> None:
    with receiving() as receiver:
        webhooks = spec(url=receiver.url, allow_private=True)
        with ended(redis_url, webhooks):
            program = Path(sys.executable).with_name("progress-backend")
            service = start_service(
                [program, "webhook", "run"],
                ready="sending events to 1 webhooks",
                env={"PROGRESS_REDIS_URL": redis_url, "PROGRESS_WEBHOOKS": webhooks},
            )
            eventually(lambda: receiver.ids == {"t~0~2~cancelled": 1})
            service.signal(signal.SIGTERM)
            assert service.wait(60) == 0


@pytest.mark.parametrize("words", [("test", "ops"), ("run",)])
def test_without_targets_it_says_what_to_set(words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 1
    assert "set PROGRESS_WEBHOOKS or PROGRESS_WEBHOOKS_FILE" in result.output
