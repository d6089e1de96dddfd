"""What a marking comes to for one call; nothing that a team's function does may reach the job."""

import json
import logging
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from celery import Celery, Task, shared_task

from progress_backend import ProgressTask, progress_task
from progress_backend.record.events import Identity
from progress_backend.tracking.decorator import Marking, marking_of
from progress_backend.tracking.headers import HEADER
from progress_backend.tracking.identity import header_of, identity_of


@pytest.fixture
def celery() -> Celery:
    return Celery("tests", set_as_current=False)


def fetch(symbol: str, rows: int = 10, *, pages: int = 2) -> None:
    pass


def identified(
    celery: Celery,
    marking: Marking,
    args: Any = ("aapl",),
    kwargs: Any = None,
    given: Mapping[str, Any] | None = None,
    **options: Any,
) -> Identity:
    task = celery.task(fetch, name="prices.fetch", shared=False, **options)
    return identity_of(task, task.name, marking, args, kwargs or {}, {HEADER: given})


def test_a_workflows_name_is_a_text() -> None:
    with pytest.raises(TypeError, match="workflow names a workflow and must be a string, not 5"):
        progress_task(workflow=5)


def test_a_misspelt_argument_is_named() -> None:
    for given, hint in (("task_typ", "; did you mean task_type?"), ("colour", "")):
        message = re.escape(f"@progress_task has no argument {given!r}{hint}")
        with pytest.raises(TypeError, match=f"{message}$"):
            progress_task(**{given: "x"})


def test_a_mark_above_the_task_is_refused_at_once(celery: Celery) -> None:
    class Own(Task):  # type: ignore[misc]  # celery is untyped
        abstract = True

    promised = celery.task(fetch, name="promised", shared=False)
    for mark in (progress_task, progress_task(symbol="X")):
        for placed in (promised, shared_task(name="marked_too_late")(fetch), Own()):
            with pytest.raises(TypeError, match="@app.task.* first, @progress_task in the line"):
                mark(placed)
    assert not celery.finalized
    with pytest.raises(TypeError, match="'fetch_data'.*keywords"):
        progress_task("fetch_data")  # type: ignore[type-var]  # that is the mistake
    progress_task(Own)  # a class of tasks may be marked as a function is


def test_a_mark_is_found_wherever_it_was_put(celery: Celery) -> None:
    class Own(Task):  # type: ignore[misc]  # celery is untyped
        abstract = True

    retried = {"base": Own, "autoretry_for": (ValueError,)}
    marked = celery.task(progress_task(symbol="X")(fetch), name="a", shared=False, **retried)
    assert marking_of(marked) == Marking(symbol="X")
    based = celery.task(other, name="b", base=ProgressTask, shared=False)
    assert marking_of(based) == Marking()
    assert marking_of(celery.task(other, name="c", base=Own, shared=False)) is None


def other(symbol: str) -> None:
    pass


@pytest.mark.parametrize(
    ("marking", "identity"),
    [
        (Marking(), {}),
        (
            Marking("fetch_data", "7203.T", 252, {"period": "1y"}),
            {
                "task_type": "fetch_data",
                "symbol": "7203.T",
                "total_items": 252,
                "metadata": {"period": "1y"},
            },
        ),
        (Marking(symbol=lambda: 7203), {"symbol": "7203"}),
        (Marking(symbol=lambda: ""), {}),
        (Marking(symbol=lambda: "x" * 300), {"symbol": "x" * 255}),
        (Marking(total_items=lambda: 0), {}),
    ],
)
def test_constants_are_taken_as_they_are(
    celery: Celery, marking: Marking, identity: dict[str, Any]
) -> None:
    assert identified(celery, marking) == Identity(**{"task_type": "prices.fetch", **identity})


@pytest.mark.parametrize(
    ("args", "kwargs", "total"),
    [
        (("aapl",), {}, 20),
        (("aapl", 3), {}, 6),
        (("aapl",), {"pages": 5}, 50),
        ((), {"symbol": "aapl", "rows": 4}, 8),
        # The call will fail; its record says what it was called with.
        ((), {"symbol": "aapl", "rows": 4, "pages": 3, "no": 1}, 12),
    ],
)
def test_functions_are_called_with_the_arguments_that_they_name(
    celery: Celery, args: Any, kwargs: Any, total: int
) -> None:
    marking = Marking(
        symbol=lambda symbol: symbol.upper(),
        total_items=lambda pages, rows: pages * rows,
        metadata=lambda **given: given,
    )
    found = identified(celery, marking, args, kwargs)
    assert (found.symbol, found.total_items) == ("AAPL", total)
    assert set(found.metadata) == {"symbol", "rows", "pages", *kwargs}


@pytest.mark.parametrize("name", ["symbol", "total_items", "owner"])
def test_a_function_that_names_no_argument_fails_at_its_marking(name: str) -> None:
    def fetch(self: Any, symbol: str, days: int = 9) -> None: ...

    pattern = (
        rf"^{name}= .* names 'sym', which is not an argument of 'fetch'; .*: self, symbol, days$"
    )
    with pytest.raises(TypeError, match=pattern):
        progress_task(**{name: lambda sym: sym})(fetch)  # type: ignore[call-overload]
    for fits in (lambda days: days, lambda sym=1: sym, lambda **all_of_it: 1, str):
        progress_task(**{name: fits})(fetch)  # type: ignore[call-overload]

    def any_of_them(*args: Any, **kwargs: Any) -> None: ...

    progress_task(symbol=lambda sym: sym)(any_of_them)


def test_a_bound_task_gives_no_self(celery: Celery) -> None:
    @progress_task(metadata=lambda **given: given)
    def bound(self: Any, symbol: str) -> None:
        pass

    task = celery.task(bound, bind=True, name="bound", shared=False)
    marking = marking_of(task)
    assert marking is not None
    assert identity_of(task, "bound", marking, ("aapl",), {}, {}).metadata == {"symbol": "aapl"}


class Unspeakable:
    def __str__(self) -> str:
        raise LookupError("no text")


@pytest.mark.parametrize(
    ("marking", "what"),
    [
        (Marking(symbol=lambda rows: 1 / (rows - rows)), "symbol of prices.fetch is left out"),
        (Marking(metadata=lambda unknown: unknown), "metadata of prices.fetch is left out"),
        (Marking(task_type=lambda symbol: symbol.no), "task_type of prices.fetch is left out"),
        (Marking(symbol=lambda symbol: Unspeakable()), "symbol of prices.fetch is left out"),
        (Marking(symbol="a\nCRITICAL forged"), "symbol of prices.fetch is left out"),
        (Marking(task_type=lambda symbol: "\x1b[2J"), "task_type of prices.fetch is left out"),
        (Marking(total_items=lambda symbol: "ten"), "total_items of prices.fetch is left out"),
        (Marking(metadata=lambda symbol: [symbol]), "metadata of prices.fetch is left out"),
    ],
)
def test_a_value_that_cannot_be_had_is_left_out_with_one_line(
    celery: Celery, caplog: pytest.LogCaptureFixture, marking: Marking, what: str
) -> None:
    with caplog.at_level(logging.WARNING, "progress_backend"):
        assert identified(celery, marking) == Identity(task_type="prices.fetch")
    assert [record.getMessage().startswith(what) for record in caplog.records] == [True]


def test_what_came_with_the_message_goes_before_the_marking(celery: Celery) -> None:
    marking = Marking("a", "b", lambda rows: rows, {"c": 1})
    given = {"task_type": "x", "symbol": "y", "total_items": 3, "metadata": {"z": 1}, "more": 4}
    found = identified(celery, marking, given=given)
    assert found == Identity(task_type="x", symbol="y", total_items=3, metadata={"z": 1})
    assert identified(celery, marking, given={"symbol": "y"}).total_items == 10


@pytest.mark.parametrize("value", [{"at": date(2024, 1, 15)}, {"x": {1, 2}}, {"x": Unspeakable()}])
def test_a_header_can_be_sent_whatever_the_metadata_holds(
    celery: Celery, value: dict[str, Any]
) -> None:
    found = identified(celery, Marking(metadata=value))
    json.dumps(header_of(found))
