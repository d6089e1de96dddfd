"""Wrapper of a task's body, a function or a coroutine function, that enters and leaves its run."""

from __future__ import annotations

import functools
from collections.abc import Callable
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import Run

Body = Callable[..., Any]


def around(body: Body, current_run: Callable[[], Run | None]) -> Body:
    """A task's body, wrapped so that its run is entered before its first line and left after its
    last. A coroutine function stays one, since task classes that await a body check for it.

    A task class may call the body again, e.g. after a deadlock, and a body may call itself.
    """
    made = (_coroutine if iscoroutinefunction(body) else _function)(body, current_run)
    return functools.wraps(body)(made)


def _enter(run: Run | None) -> Run | None:
    """Enters a run at its outermost body; None if a body of this run is being executed already, or
    there is no run.

    Raises:
        TaskCancelled: the task's record is cancelled.
    """
    if run is None or run.entered:
        return None
    run.acknowledge()
    run.entered, run.closed, run.late_meta = True, False, False
    return run


def _leave(run: Run | None) -> None:
    if run is not None:
        run.close()
        run.entered = False


def _function(body: Body, current_run: Callable[[], Run | None]) -> Body:
    def run(*args: Any, **kwargs: Any) -> Any:
        entered = _enter(current_run())
        try:
            result = body(*args, **kwargs)
        except BaseException:
            _leave(entered)
            raise
        if entered is not None and type(result) is CoroutineType:
            return _awaited(result, entered)  # Celery's autoretry wrapped the body
        _leave(entered)
        return result

    return run


def _coroutine(body: Body, current_run: Callable[[], Run | None]) -> Body:
    async def run(*args: Any, **kwargs: Any) -> Any:
        entered = _enter(current_run())
        try:
            return await body(*args, **kwargs)
        finally:
            _leave(entered)

    return run


async def _awaited(result: CoroutineType[Any, Any, Any], run: Run) -> Any:
    try:
        return await result
    finally:
        _leave(run)
