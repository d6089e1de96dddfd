"""Waits, with a deadline, until a record has a status, a percentage or another value."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from ..flows.flow import Flow
from ..flows.task_flows import Flows
from ..record.model import Task, TaskStatus
from ..record.task_json import decode

T = TypeVar("T")

#: Seconds between two reads of the record.
_LOOK_S = 0.01
#: error_cause of an error that only a new publish would take back.
_RAISED = "exception"


class Readable(Protocol):
    """What has records to wait for: a store (`Store`, `AsyncStore`) or a `RedisProgressService`."""

    flows: Flows

    def run(self, flow: Flow[T], /) -> Any:
        """Drives a flow to its end; the asyncio ones return an awaitable."""


def wait_for_progress(
    store: Readable,
    task_id: str,
    predicate: Callable[[Task], object] | None = None,
    *,
    status: str | None = None,
    percentage: float | None = None,
    timeout: float = 10.0,
) -> Task:
    """Waits until a record fulfils the conditions; returns it.

    Gives up before the timeout if the task has ended as another status than the one waited for,
    and will not take that back.

    Args:
        store: the record's store or service; a blocking one.
        task_id: the task's id.
        predicate: what must be true of the record.
        status: a `TaskStatus` that it must have.
        percentage: 0-100, what it must have reached.
        timeout: seconds.

    Raises:
        AssertionError: the record did not; the message shows it as last read.
        ValueError: no condition is given.
        TypeError: the store or service is an asyncio one.
    """
    __tracebackhide__ = True
    wish = _Wish(task_id, predicate, status, percentage, timeout)
    while True:
        document = store.run(store.flows.get(task_id))
        if inspect.isawaitable(document):
            if inspect.iscoroutine(document):
                document.close()
            raise TypeError(f"{type(store).__name__} is asyncio's: await await_progress(…)")
        task = wish.granted(document)
        if task is not None:
            return task
        time.sleep(_LOOK_S)


async def await_progress(
    store: Readable,
    task_id: str,
    predicate: Callable[[Task], object] | None = None,
    *,
    status: str | None = None,
    percentage: float | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 - says what was waited for, as the blocking one
) -> Task:
    """Waits, on the running event loop, until a record fulfils the conditions; returns it.

    As `wait_for_progress`, for any store or service.

    Args:
        store: the record's store or service, an asyncio one too.
        task_id: the task's id.
        predicate: what must be true of the record.
        status: a `TaskStatus` that it must have.
        percentage: 0-100, what it must have reached.
        timeout: seconds.

    Raises:
        AssertionError: the record did not; the message shows it as last read.
        ValueError: no condition is given.
    """
    __tracebackhide__ = True
    wish = _Wish(task_id, predicate, status, percentage, timeout)
    while True:
        document = store.run(store.flows.get(task_id))
        if inspect.isawaitable(document):
            document = await document
        task = wish.granted(document)
        if task is not None:
            return task
        await asyncio.sleep(_LOOK_S)


class _Wish:
    """What is waited for, and until when."""

    def __init__(
        self,
        task_id: str,
        predicate: Callable[[Task], object] | None,
        status: str | None,
        percentage: float | None,
        timeout: float,
    ) -> None:
        if predicate is None and status is None and percentage is None:
            raise ValueError("say what to wait for: a predicate, a status or a percentage")
        self._task_id = task_id
        self._predicate = predicate
        self._status = status
        self._percentage = percentage
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout

    def granted(self, document: bytes | None) -> Task | None:
        """The record if it is as wished for, None if it may still be.

        Raises:
            AssertionError: the time is over, or the task has ended otherwise.
        """
        __tracebackhide__ = True
        task = decode(document) if document is not None else None
        if task is not None and self._met(task):
            return task
        if task is not None and self._status not in (None, task.status) and _for_good(task):
            raise AssertionError(f"{self._what()}: the task has ended. {_shown(task)}")
        if time.monotonic() >= self._deadline:
            raise AssertionError(f"{self._what()} within {self._timeout:g} s. {_shown(task)}")
        return None

    def _met(self, task: Task) -> bool:
        return (
            self._status in (None, task.status)
            and (self._percentage is None or task.progress.percentage >= self._percentage)
            and (self._predicate is None or bool(self._predicate(task)))
        )

    def _what(self) -> str:
        wished = [f"status {self._status}"] if self._status is not None else []
        if self._percentage is not None:
            wished.append(f"{self._percentage:g} %")
        if self._predicate is not None:
            wished.append(getattr(self._predicate, "__qualname__", repr(self._predicate)))
        return f"task {self._task_id} did not come to {' and '.join(wished)}"


def _for_good(task: Task) -> bool:
    """Whether the end is one that no late word of a run takes back."""
    return task.ended and (task.status != TaskStatus.ERROR or task.error_cause == _RAISED)


def _shown(task: Task | None) -> str:
    if task is None:
        return "There is no record of it."
    why = f", {task.error_cause}: {task.error_message}" if task.error_message else ""
    current, total, percentage = task.progress
    return (
        f"Its record says {task.status} ({current}/{total}, {percentage:g} %, "
        f"{task.message!r}{why})."
    )
