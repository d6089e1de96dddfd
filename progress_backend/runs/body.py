"""Wrapper of a task's body that enters and leaves its run, for any kind of function."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator
from contextlib import aclosing
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .run import Run

Body = Callable[..., Any]


def around(body: Body, current_run: Callable[[], Run | None]) -> Body:
    """A task's body, wrapped so that its run is entered before its first line and left after its
    last. The wrapper is of the body's own kind (coroutine function, generator, …), since task
    classes that await or consume a body's result check for it.

    A task class may call the body again, e.g. after a deadlock, and a body may call itself.
    """
    kinds = (
        (iscoroutinefunction, _coroutine),
        (isgeneratorfunction, _generator),
        (isasyncgenfunction, _async_generator),
    )
    made = next((make for is_one, make in kinds if is_one(body)), _function)
    return functools.wraps(body)(made(body, current_run))


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
        if entered is not None and type(result) in _LATER:
            return _LATER[type(result)](result, entered)  # Celery's autoretry wrapped the body
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


#: Results that run after the function that returned them.
_LATER: dict[type, Callable[[Any, Run], Any]] = {
    CoroutineType: _awaited,
    GeneratorType: _consumed,
    AsyncGeneratorType: _consumed_asynchronously,
}
