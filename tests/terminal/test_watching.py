"""`progress_backend.watch`: a bar for whoever has an id, from another process."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from celery import Celery
from celery import _state as celery_state
from celery.app import app_or_default

from progress_backend import Settings, SettingsError, Task, TaskNotFound, TaskStatus, sign, watch
from progress_backend.credentials import tokens
from progress_backend.store.drivers import RedisClock
from tests.records import Records
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]

W = "0f8c8a4e-5f0b-4c0e-9a53-2b1f0f6f7a10"
KEYS, READ = ("a key for the tests, long enough",), tokens.new("reader", "read")


@pytest.fixture
def records(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Records]:
    monkeypatch.setenv("PROGRESS_REDIS_URL", redis_url)
    monkeypatch.setenv("PROGRESS_LOCALE", "en")
    records = Records(redis_url, locale="en")
    records.start("the-id")
    # The current app may be one of an earlier test, with a store of its own.
    before, default = app_or_default(), celery_state.default_app
    plain = Celery("plain")
    plain.set_current()
    plain.set_default()  # that of other threads
    yield records
    before.set_current()
    celery_state.set_default_app(default)


def test_it_returns_the_record_whole(records: Records, capsys: Any) -> None:
    records.complete("the-id")
    task = watch("the-id")
    assert isinstance(task, Task)
    assert (task.task_id, task.symbol, task.status) == ("the-id", "7203.T", "completed")
    assert repr(task) == "<Task the-id fetch_data completed 100%>"
    assert "completed" in capsys.readouterr().out


def test_it_watches_no_longer_than_it_may(records: Records) -> None:
    with pytest.raises(TimeoutError, match=r"not ended after 0\.3 s: the-id is running"):
        watch("the-id", timeout=0.3, interval=0.1)
    assert records.get("the-id").status == TaskStatus.RUNNING


def test_it_returns_at_once_with_a_lost_run_that_no_message_starts_again(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.lose("lost")
    with pytest.raises(TimeoutError):
        watch("lost", timeout=0.1)
    seconds = RedisClock.seconds  # a lease later its end is final
    monkeypatch.setattr(RedisClock, "seconds", lambda clock: seconds(clock) + 120)
    assert watch("lost", timeout=0).status == "error"


def test_what_is_no_result_and_no_id_is_refused_with_a_sentence(records: Records) -> None:
    records.complete("the-id")
    for given in (["the-id"], None, 3):
        with pytest.raises(
            TypeError, match=r"what apply_async returned, or its id, not (list|None|int)"
        ):
            watch(given)
    task_id = UUID("7b7de887-6f26-48b1-afe0-d09ecabe2ead")
    records.start(str(task_id))
    records.complete(str(task_id))
    assert watch(task_id, interval=0).status == TaskStatus.COMPLETED


def test_without_a_store_it_says_what_to_give(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROGRESS_REDIS_URL", raising=False)
    with pytest.raises(SettingsError, match=r"PROGRESS_REDIS_URL, or the API of url="):
        watch("the-id", Celery(set_as_current=False, broker="memory://"))


def test_a_result_brings_its_app(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROGRESS_REDIS_URL", raising=False)
    records = Records(redis_url)
    records.start("the-id")
    records.complete("the-id")
    app = Celery(set_as_current=False, broker=redis_url, backend=redis_url)
    assert watch(app.AsyncResult("the-id")).status == TaskStatus.COMPLETED


def test_inside_an_event_loop_and_beside_one(records: Records) -> None:
    records.complete("the-id")

    async def main() -> list[Task]:
        return [watch("the-id"), await asyncio.to_thread(watch, "the-id")]

    assert [task.status for task in asyncio.run(main())] == ["completed"] * 2


def test_from_an_api(
    records: Records, start_api: StartApi, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    api = start_api(
        redis_url=records.settings.redis_url,
        tokens=(READ[1].line(),),
        locale="en",
        signing_keys=KEYS,
    )
    url = f"http://127.0.0.1:{api.port}"
    monkeypatch.delenv("PROGRESS_REDIS_URL")
    records.member("first", W, name="fetch ×1")
    records.run("first")
    for task_id in ("the-id", "first"):
        records.complete(task_id)
    assert watch("the-id", url=url, token=READ[0]).status == TaskStatus.COMPLETED
    workflow = watch(W, url=url, token=READ[0])
    assert (workflow.status, workflow.total_items) == ("completed", 1)
    with pytest.raises(TaskNotFound):
        watch("nobody", url=url, token=READ[0])
    with pytest.raises(SettingsError, match="token"):
        watch("the-id", url=url)
    share = sign(task_id="the-id", settings=Settings(signing_keys=KEYS))
    assert watch("the-id", url=url, token=share).status == TaskStatus.COMPLETED
    monkeypatch.setenv("PROGRESS_TOKEN", READ[0])
    assert watch("the-id", url=url).task_id == "the-id"
