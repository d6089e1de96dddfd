"""Whatever kind of function a body is, its run is under way from its first line to its last."""

import asyncio
import inspect
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Task

from progress_backend import ProgressNotifier
from progress_backend.record import events as ev
from progress_backend.runs.body import around
from progress_backend.runs.run import Run
from tests.apps import App
from tests.conftest import Install
from tests.records import Records
from tests.waiting import eventually


@pytest.fixture
def app(installed: Install) -> App:
    return installed({"task_always_eager": True})


def says(app: App, task: Any, value: int) -> None:
    """Says it and waits until it is recorded."""
    ProgressNotifier(task).update(value, 4)
    # In another thread Celery does not know the request.
    eventually(lambda: app.record(app.records()[0]).current_items == value)


class Awaits(Task):
    def __call__(self, *args: Any) -> Any:
        if not inspect.iscoroutinefunction(self.run):
            raise TypeError("no coroutine function")
        return asyncio.run(self.run(*args))


class AwaitsWhatItGets(Task):
    def __call__(self, *args: Any) -> Any:
        return asyncio.run(super().__call__(*args))


class HandsOver(Task):
    """To an event loop in a thread of its own."""

    def __call__(self, *args: Any) -> Any:
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            return asyncio.run_coroutine_threadsafe(self.run(*args), loop).result(20)
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


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
        "handed over": (HandsOver, coroutine),
        "twice": (RunsTwice, function),
    }


KINDS = ("coroutine", "awaited", "handed over", "twice")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        *((kind, {}) for kind in KINDS),
        # Celery makes a function of a body, as with a task that has pydantic's arguments.
        ("awaited", {"autoretry_for": (ConnectionError,)}),
    ],
)
def test_what_it_says_is_recorded_to_its_end(app: App, kind: str, options: dict[str, Any]) -> None:
    base, body = kinds(app)[kind]
    result = app.tracked(body, name="job", base=base, **options).delay()
    assert result.get() == [1, 2]
    # An end that the store takes more than 0.2 s for is recorded by the sender's thread.
    eventually(lambda: app.record(result.id).status == "completed")
    record = app.record(result.id)
    assert (record.status, record.results) == ("completed", {"result": [1, 2]})
    assert (record.current_items, record.total_items) == (2, 4)  # the last count
    assert record.revision == 4  # started, two values, the end


def test_a_body_that_calls_itself_is_left_once(app: App) -> None:
    def countdown(self: Any, left: int) -> int:
        if left:
            self.run(left - 1)
        says(app, self, 4 - left)
        return left

    assert app.call(countdown, 3).current_items == 1


def test_a_cancelled_coroutine_does_not_begin(app: App, redis_url: str) -> None:
    began: list[str] = []

    async def body(self: Any) -> None:
        began.append(self.request.id)

    task = app.tracked(body, base=HandsOver)
    records = Records(redis_url)
    records.create("t")
    records.apply("t", ev.Cancelled())
    task.apply(task_id="t")
    assert began == []
    assert app.record("t").status == "cancelled"


def test_a_coroutine_function_that_gets_wrong_arguments_is_left() -> None:
    """Its call raises before there is anything to await."""

    async def body(one: int) -> int:
        return one

    def close(run: Run) -> None:
        run.closed = True

    run = Run("t", ev.Identity("job"), SimpleNamespace(close=close))  # type: ignore[arg-type]
    called = around(body, lambda: run)
    with pytest.raises(TypeError):
        asyncio.run(called())
    assert (run.entered, run.closed) == (False, True)
    assert asyncio.run(called(3)) == 3
