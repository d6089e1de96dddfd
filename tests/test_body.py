"""Whatever kind of function a body is, its run is under way from its first line to its last."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from celery import Task

from progress_backend import ProgressNotifier, progress_task
from tests.apps import App
from tests.waiting import eventually


@pytest.fixture
def app(redis_url: str) -> Iterator[App]:
    app = App(redis_url, {"task_always_eager": True}, update_interval_s=0)
    yield app
    app.close()


def says(app: App, task: Any, value: int) -> None:
    """Says it and waits until it is recorded."""
    ProgressNotifier(task).update(value, 4)
    eventually(lambda: app.record(task.request.id).current_items == value)


class Awaits(Task):
    def __call__(self, *args: Any) -> Any:
        if not inspect.iscoroutinefunction(self.run):
            raise TypeError("no coroutine function")
        return asyncio.run(self.run(*args))


class AwaitsWhatItGets(Task):
    def __call__(self, *args: Any) -> Any:
        return asyncio.run(super().__call__(*args))


class Consumes(Task):
    def __call__(self, *args: Any) -> Any:
        return list(super().__call__(*args))


class ConsumesAsynchronously(Task):
    def __call__(self, *args: Any) -> Any:
        async def consume() -> list[int]:
            return [item async for item in self.run(*args)]

        return asyncio.run(consume())


class RunsTwice(Task):
    def __call__(self, *args: Any) -> Any:
        try:
            return super().__call__(*args)
        except ConnectionError:
            return super().__call__(*args)


def kinds(app: App) -> dict[str, tuple[type[Task], Any]]:
    async def coroutine(self: Any) -> list[int]:
        for value in (1, 2):
            await asyncio.sleep(0)
            says(app, self, value)
        return [1, 2]

    def generator(self: Any) -> Iterator[int]:
        for value in (1, 2):
            says(app, self, value)
            yield value

    async def async_generator(self: Any) -> AsyncIterator[int]:
        for value in (1, 2):
            says(app, self, value)
            yield value

    passes: list[int] = []

    def function(self: Any) -> list[int]:
        passes.append(len(passes) + 1)
        says(app, self, passes[-1])
        if len(passes) == 1:
            raise ConnectionError("deadlock")
        return passes

    return {
        "coroutine": (Awaits, coroutine),
        "awaited": (AwaitsWhatItGets, coroutine),
        "generator": (Consumes, generator),
        "async generator": (ConsumesAsynchronously, async_generator),
        "twice": (RunsTwice, function),
    }


@pytest.mark.parametrize("kind", ["coroutine", "awaited", "generator", "async generator", "twice"])
def test_what_it_says_is_recorded_to_its_end(app: App, kind: str) -> None:
    base, body = kinds(app)[kind]
    task = app.task(name="job", bind=True, base=base, shared=False)(progress_task(body))
    result = task.delay()
    assert result.get() == [1, 2]
    record = app.record(result.id)
    assert (record.status, record.results) == ("completed", {"result": [1, 2]})
    assert (record.current_items, record.total_items) == (4, 4)
    assert record.revision == 4  # started, two values, the end


def test_a_body_that_calls_itself_is_left_once(app: App) -> None:
    def countdown(self: Any, left: int) -> int:
        if left:
            self.run(left - 1)
        says(app, self, 4 - left)
        return left

    task = app.task(name="countdown", bind=True, shared=False)(progress_task(countdown))
    assert task.delay(3).get() == 3
