"""A task's log over a WebSocket, to the task's end, and from where a client had it."""

from __future__ import annotations

import pytest
import websockets

from progress_backend.store.drivers import Store
from tests.waiting import aeventually
from tests.web.serving import RunningApi
from tests.web.test_log_stream import store, texts, write
from tests.web.test_websockets import closed, rest, said

__all__ = ["store"]


def socket(api: RunningApi, task_id: str, query: str = "") -> websockets.connect:
    return api.socket(f"log/{task_id}{query}")


async def test_a_log_is_followed_to_the_end(api: RunningApi, store: Store) -> None:
    task_id = api.create()
    write(store, task_id, "a")
    async with socket(api, task_id) as one:
        assert await said(one) == {"first": 1, "last": 1}
        line = await said(one)
        assert (line["id"], line["text"], line["level"]) == (1, "a", "info")
        write(store, task_id, "二行\n目", "c")
        assert [(await said(one))["text"] for _ in "bc"] == ["二行\n目", "c"]
        write(store, task_id, "d", lost=10)
        assert await said(one) == {"dropped": 10}
        assert (await said(one))["id"] == 14
        write(store, task_id, "the last")
        api.update(task_id, "completed")
        assert texts([message async for message in rest(one)]) == ["the last"]
        assert await closed(one) == 1000
    await aeventually(lambda: api.watched() == 0)


async def test_who_comes_back_gets_what_is_new(api: RunningApi, store: Store) -> None:
    task_id = api.create()
    write(store, task_id, *(f"{n}" for n in range(1, 211)))
    api.update(task_id, "completed")
    async with socket(api, task_id, "?after=2") as one:
        found = [message async for message in rest(one)]
    assert texts(found) == [f"{n}" for n in range(3, 211)]
    async with socket(api, task_id, "?after=210") as one:
        assert [message async for message in rest(one)] == [{"first": 1, "last": 210}]
    async with socket(api, task_id, "?limit=2") as one:
        assert texts([message async for message in rest(one)]) == ["209", "210"]


@pytest.mark.parametrize(
    ("path", "code"), [("nobody", 4404), ("x" * 4_097, 4404), ("job?after=x", 4422)]
)
async def test_what_cannot_be_followed(api: RunningApi, path: str, code: int) -> None:
    async with socket(api, path) as one:
        assert await closed(one) == code
    await aeventually(lambda: api.app.state.progress.limits.open == 0)
