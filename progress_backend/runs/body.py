"""The run around a task's body, whatever kind of function that is."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any

from .run import Run

Body = Callable[..., Any]


def around(body: Body, current_run: Callable[[], Run | None]) -> Body:
    """The body, under way in its run from its first line to its last. A class that awaits or
    consumes what a body returns asks what kind of function it is: it stays of that kind.

    A class may run it again, after a deadlock, say; what a body calls may be the body.
    """
    kinds = (
        (iscoroutinefunction, _coroutine),
        (isgeneratorfunction, _generator),
        (isasyncgenfunction, _async_generator),
    )
    made = next((make for is_one, make in kinds if is_one(body)), _function)
    return functools.wraps(body)(made(body, current_run))


def _enter(run: Run | None) -> Run | None:
    """The run that the body is the first to enter; None if another one is within it, or none is.

    Raises:
        TaskCancelled: its record is cancelled.
    """
    if run is None or run.entered:
        return None
    run.heed()
    run.entered, run.closed = True, False
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
        if entered is not None and type(result) in _LATER:
            return _LATER[type(result)](result, entered)  # Celery's autoretry made a function of it
        _leave(entered)
        return result

    return run


def _coroutine(body: Body, current_run: Callable[[], Run | None]) -> Body:
    async def run(*args: Any, **kwargs: Any) -> Any:
        entered = _enter(current_run())
        return await _awaited(body(*args, **kwargs), entered)

    return run


def _generator(body: Body, current_run: Callable[[], Run | None]) -> Body:
    def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        entered = _enter(current_run())
        return (yield from _consumed(body(*args, **kwargs), entered))

    return run


def _async_generator(body: Body, current_run: Callable[[], Run | None]) -> Body:
    async def run(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        entered = _enter(current_run())
        async with aclosing(_consumed_asynchronously(body(*args, **kwargs), entered)) as items:
            async for item in items:
                yield item

    return run


async def _awaited(result: CoroutineType[Any, Any, Any], run: Run | None) -> Any:
    try:
        return await result
    finally:
        _leave(run)


def _consumed(result: GeneratorType[Any, Any, Any], run: Run | None) -> Generator[Any, Any, Any]:
    try:
        return (yield from result)
    finally:
        _leave(run)


async def _consumed_asynchronously(
    result: AsyncGeneratorType[Any, Any], run: Run | None
) -> AsyncGenerator[Any, None]:
    try:
        async with aclosing(result) as items:
            async for item in items:
                yield item
    finally:
        _leave(run)


#: What runs after the function that made it has returned.
_LATER: dict[type, Callable[[Any, Run], Any]] = {
    CoroutineType: _awaited,
    GeneratorType: _consumed,
    AsyncGeneratorType: _consumed_asynchronously,
}
