"""`@progress_task`: the marking of a task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, overload

from celery import Task
from celery.local import Proxy

F = TypeVar("F", bound=Callable[..., Any])

#: Attribute of a task's function (or class) that holds its marking.
MARK = "__progress__"
#: What of a marking is no value of a call.
_OF_THE_TASK = ("results", "workflow")


@dataclass(frozen=True, slots=True)
class Marking:
    """A task's marking: constants, or functions of the task's arguments; None for a value that is
    not given."""

    task_type: Any = None
    symbol: Any = None
    total_items: Any = None
    metadata: Any = None
    #: Whether the task's return value is recorded.
    results: bool = True
    expect_s: Any = None
    stall_s: Any = None
    #: The name of the workflows whose id is that of a call of the task.
    workflow: str | None = None
    owner: Any = None
    #: The values that are given, by name.
    values: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = {one.name: getattr(self, one.name) for one in fields(self) if one.init}
        values = {n: v for n, v in given.items() if v is not None and n not in _OF_THE_TASK}
        object.__setattr__(self, "values", values)


@overload
def progress_task(fun: F) -> F: ...
@overload
def progress_task(
    *,
    task_type: str | Callable[..., Any] | None = None,
    symbol: str | Callable[..., Any] | None = None,
    total_items: int | Callable[..., Any] | None = None,
    metadata: Mapping[str, Any] | Callable[..., Any] | None = None,
    results: bool = True,
    expect_s: float | Callable[..., Any] | None = None,
    stall_s: float | Callable[..., Any] | None = None,
    workflow: str | None = None,
    owner: str | Callable[..., Any] | None = None,
) -> Callable[[F], F]: ...
def progress_task(
    fun: F | None = None,
    *,
    task_type: str | Callable[..., Any] | None = None,
    symbol: str | Callable[..., Any] | None = None,
    total_items: int | Callable[..., Any] | None = None,
    metadata: Mapping[str, Any] | Callable[..., Any] | None = None,
    results: bool = True,
    expect_s: float | Callable[..., Any] | None = None,
    stall_s: float | Callable[..., Any] | None = None,
    workflow: str | None = None,
    owner: str | Callable[..., Any] | None = None,
) -> Any:
    """Marks a Celery task as tracked: it stands under `@app.task(bind=True)` or
    `@shared_task(bind=True)` and keeps the function's signature.

    Each value is a constant, or a function that is called with those of the task's bound arguments
    that it names: `symbol=lambda symbol: symbol.upper()`. A value that cannot be recorded, or whose
    function raises, is left out with one line in the log. One call can have other values:
    `apply_async(headers={"progress": {"symbol": "7203.T"}})`.

    It works as `@progress_task` and as `@progress_task(...)`.

    Args:
        fun: the task's function, where the decorator is written without parentheses.
        task_type: kind of task, by which lists are filtered; the task's name unless given.
        symbol: label of the call, by which lists are filtered: a ticker, a file, a customer.
        total_items: items to be processed; unknown unless given.
        metadata: anything else worth keeping with the record.
        results: whether the task's return value is recorded; values given to `complete()` are
            recorded all the same.
        expect_s: seconds of work after which a run is marked late, from 1; unless given,
            1.25 times what the slowest of the last ten runs took, 30 at least.
        stall_s: seconds without a value after which a run is marked stalled, from 1; unless
            given, three times the longest time between two of its values, 30 at least.
        workflow: name of the workflows that end with the task, as the last of a chain or the body
            of a chord, whose result has the workflow's id.
        owner: whose task it is, 200 characters at most: the only one who may see it among callers
            that are limited to an owner. Members of a workflow without one of their own have that
            of the message that began the workflow.

    Raises:
        TypeError: the decorator stands above `@app.task`, where it would mark nothing, or on what
            is no function; `workflow` is no text; or a value's function names what is no argument
            of the task.
    """
    if workflow is not None and not isinstance(workflow, str):
        raise TypeError(f"workflow names a workflow and has to be a text, not {workflow!r}")
    values = (task_type, symbol, total_items, metadata)
    marking = Marking(*values, results, expect_s, stall_s, workflow, owner)

    def mark(function: F) -> F:
        _check_place(function)
        for name, value in marking.values.items():
            if callable(value):
                _check_names(name, value, function)
        setattr(function, MARK, marking)
        return function

    return mark if fun is None else mark(fun)


def _check_place(function: object) -> None:
    # isinstance of a proxy would create its task in the middle of the app's set-up.
    if issubclass(type(function), (Task, Proxy)):
        raise TypeError(
            "@progress_task stands above @app.task, and has to stand under it: write @app.task(...)"
            " (or @shared_task) first, @progress_task in the line below it, then the function"
        )
    if not callable(function):
        raise TypeError(
            f"@progress_task marks a function, not {function!r}; its values are keywords, as in "
            '@progress_task(task_type="fetch_data")'
        )


def _check_names(name: str, value: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Refuses a function that needs what is no argument of the task: each call would leave its
    value out."""
    try:
        needed = inspect.signature(value).parameters.values()
        has = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a class, or written in C: a call will show it
        return
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in has.values()):
        return
    for one in needed:
        named = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        if named and one.default is one.empty and one.name not in has:
            known = ", ".join(has) or "none"
            raise TypeError(
                f"{name}= of @progress_task names {one.name!r}, which is no argument of "
                f"{getattr(function, '__name__', function)!r}; its arguments are: {known}"
            )


def marking_of(task: Any) -> Marking | None:
    """A Celery task's marking: on its function, or on its class (`base=ProgressTask`)."""
    found = getattr(task.run, MARK, None) or getattr(task, MARK, None)
    return found if isinstance(found, Marking) else None
