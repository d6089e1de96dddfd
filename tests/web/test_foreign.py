"""Other programs' values in the store, as clients of the API meet them."""

import asyncio
import contextlib
import json
import logging
from typing import Any

import httpx
import pytest
import redis
from websockets.exceptions import ConnectionClosed

from progress_backend.record.reader_view import UNREADABLE
from progress_backend.web.push import closes
from tests.web.serving import RunningApi


@pytest.fixture
def raw(redis_url: str) -> Any:
    with redis.Redis.from_url(redis_url) as client:
        yield client


def well(answer: httpx.Response, *codes: int) -> Any:
    """The answer's JSON, strictly."""
    assert answer.status_code in codes, answer.text
    assert answer.headers["content-type"] == "application/json"
    return json.loads(answer.content, parse_constant=pytest.fail)


async def first_of(api: RunningApi, task_id: str) -> str | tuple[int, str]:
    """The socket's first message, or its close code and reason."""
    async with asyncio.timeout(60), api.watch(task_id) as socket:
        with contextlib.suppress(ConnectionClosed):
            return str(await socket.recv())
        return socket.close_code or 0, socket.close_reason or ""


async def test_the_one_task_says_what_is_wrong_everywhere(
    api: RunningApi, raw: Any, caplog: pytest.LogCaptureFixture
) -> None:
    live = api.create()
    odd = api.create()
    raw.delete(f"task:{odd}")
    raw.hset(f"task:{odd}", "a", "b")
    for ask in (
        lambda: api.status(odd),
        lambda: api.update(odd),
        lambda: api.cancel(odd),
        lambda: api.http.get(f"/internal/task/{odd}/events"),
    ):
        for _ in range(3):  # and the connection lives on
            detail = well(await asyncio.to_thread(ask), 500)["detail"]
            assert detail.startswith(f"what is stored for task {odd} is not a record: it is a ")
    rows = {row["task_id"]: row for row in well(api.http.get("/internal/tasks"), 200)["tasks"]}
    assert rows[live]["status"] == "created"
    assert "detail" not in rows[live]
    assert rows[odd]["detail"] == rows[odd]["error_message"]
    assert rows[odd]["error_cause"] == UNREADABLE
    code, reason = await first_of(api, odd)
    assert code == closes.UNREADABLE
    assert "is not a record" in str(reason)
    assert not [r for r in caplog.records if r.levelno >= logging.ERROR]


async def test_a_watcher_receives_updates_after_a_foreign_message(
    api: RunningApi, raw: Any, caplog: pytest.LogCaptureFixture
) -> None:
    task_id, other = api.create(), api.create()
    foreign_document = raw.get(f"task:{other}")
    async with asyncio.timeout(60), api.watch(task_id) as socket:
        await socket.recv()
        for published in (b"hello", b'{"task_id":"x"}', foreign_document) * 20:
            raw.publish(f"task_update:{task_id}", published)
        await asyncio.to_thread(api.update, task_id, current_items=7)
        assert json.loads(await socket.recv())["progress"]["current"] == 7
    logged = [r for r in caplog.records if "is left out" in r.getMessage()]
    assert len(logged) == 1


def test_a_mistake_of_ours_is_json_and_the_next_request_is_answered(
    api: RunningApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_id = api.create()

    def broken(*_: object) -> None:
        raise RuntimeError("a mistake")

    with monkeypatch.context() as patch:
        patch.setattr("progress_backend.web.tasks.written", broken)
        patch.setattr("progress_backend.record.caller_events.update", broken)
        for _ in range(2):
            answer = api.status(task_id, headers={"If-None-Match": "x"})
            assert well(answer, 500) == {"detail": "the service failed; its log has the traceback"}
        for _ in range(2):
            refused = well(api.update(task_id), 500)
            assert refused == {"detail": "the service failed; its log has the traceback"}
    assert well(api.status(task_id), 200)
