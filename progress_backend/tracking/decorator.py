"""`@progress_task`: the marking of a task."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final, Literal, TypeVar, get_args, overload

from celery import Task
from celery.local import Proxy

F = TypeVar("F", bound=Callable[..., Any])

#: Attribute of a task's function (or class) that holds its marking.
MARK = "__progress__"
#: Who may start a task besides its own application: programs that are not bound to an owner, or
#: callers that are, too.
Start = Literal[False, True, "owner"]
#: Fields of a marking that one call cannot change.
_OF_THE_TASK: Final = ("results", "workflow", "start", "again", "keeps")


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
    #: Name of the workflows that end with this task, and so have its id.
    workflow: str | None = None
    owner: Any = None
    start: Start = False
    #: Whether the arguments of a task that others may start are kept.
    again: bool = True
    #: Whether the arguments are kept though others may not start it; our own tasks alone set it.
    keeps: bool = False
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
    start: Start = False,
    again: bool = True,
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
    start: Start = False,
    again: bool = True,
    **unknown: Any,
) -> Any:
    """Marks a Celery task as tracked. Write it under `@app.task(bind=True)` or
    `@shared_task(bind=True)`. The function keeps its signature.

    Each value is a constant or a function. A function is called with the task's arguments that its
    parameters name: `symbol=lambda symbol: symbol.upper()`. If a value cannot be recorded, or its
    function raises, the value is ignored and this is logged. One call can have other values:
    `apply_async(headers={"progress": {"symbol": "7203.T"}})`.

    It works as `@progress_task` and as `@progress_task(...)`.

    Args:
        fun: the task's function, if the decorator is written without parentheses.
        task_type: kind of task, by which lists are filtered; the task's name unless given.
        symbol: label of the call, by which lists are filtered: a ticker, a file, a customer.
        total_items: items to be processed; unknown unless given.
        metadata: anything else worth keeping with the record.
        results: whether the return value is recorded; values given to `complete()` always are.
        expect_s: seconds of work after which a run gets the warning "late", at least 1; by default
            1.25 times those of the slowest of the last ten runs, at least 30.
        stall_s: seconds without a value after which a run gets the warning "stalled", at least 1;
            the default is three times the longest time between two of its values, at least 30.
        workflow: name of the workflows that end with this task: the last task of a chain, or the
            body of a chord.
        owner: a string of up to 200 characters, e.g. a user's id. A caller that is limited to an
            owner sees only this owner's tasks. Members of a workflow without their own owner get
            the owner of the message that started the workflow.
        start: whether callers of the API may start this task; "owner": those with an owner, too.
        again: whether the arguments of such a task are kept in Redis, to run it again.

    Raises:
        TypeError: the decorator is above `@app.task`, where it has no effect, or not on a
            function; an argument has an unknown name; `workflow` is not a string; or a parameter of
            a value's function is not an argument of the task.
    """
    _check_arguments(unknown, workflow, start)
    given = (task_type, symbol, total_items, metadata, results, expect_s, stall_s, workflow)
    marking = Marking(*given, owner, start, again)

    def mark(function: F) -> F:
        _check_place(function)
        for name, value in marking.values.items():
            if callable(value):
                _check_names(name, value, function)
        setattr(function, MARK, marking)
        return function

    return mark if fun is None else mark(fun)


def _check_arguments(unknown: Iterable[str], workflow: object, start: object) -> None:
    known = [one.name for one in fields(Marking) if one.init and one.name != "keeps"]
    for name in unknown:
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise TypeError(f"@progress_task has no argument {name!r}{hint}")
    if workflow is not None and not isinstance(workflow, str):
        raise TypeError(f"workflow names a workflow and must be a string, not {workflow!r}")
    if start not in get_args(Start):
        raise TypeError(f'start is True, False or "owner", not {start!r}')


def _check_place(function: object) -> None:
    # isinstance of a proxy would create its task in the middle of the app's set-up.
    if issubclass(type(function), (Task, Proxy)):
        raise TypeError(
            "@progress_task is above @app.task, and must be under it: write @app.task(...) (or "
            "@shared_task) first, @progress_task in the line below it, then the function"
        )
    if not callable(function):
        raise TypeError(
            f"@progress_task marks a function, not {function!r}; its values are keywords, as in "
            '@progress_task(task_type="fetch_data")'
        )


def _check_names(name: str, value: Callable[..., Any], function: Callable[..., Any]) -> None:
    """Raises TypeError for a function with a parameter that is no argument of the task: each call
    would leave its value out."""
    try:
        needed = inspect.signature(value).parameters.values()
        has = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a class, or written in C: each call logs what fails
        return
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in has.values()):
        return
    for one in needed:
        named = one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)
        if named and one.default is one.empty and one.name not in has:
            known = ", ".join(has) or "none"
            raise TypeError(
                f"{name}= of @progress_task names {one.name!r}, which is not an argument of "
                f"{getattr(function, '__name__', function)!r}; its arguments are: {known}"
            )


def marking_of(task: Any) -> Marking | None:
    """A Celery task's marking: on its function, or on its class (`base=ProgressTask`)."""
    found = getattr(task.run, MARK, None) or getattr(task, MARK, None)
    return found if isinstance(found, Marking) else None
