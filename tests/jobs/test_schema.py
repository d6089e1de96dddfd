"""What a job takes is what its function takes; the message gets what Python would give it."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Optional
from uuid import UUID

import pytest
from celery import Celery, Task
from kombu.utils import json
from pydantic import BaseModel, Field

from progress_backend import progress_task
from progress_backend.jobs.schema import StartableTask, WrongArguments, digest_of, jobs_of


class Colour(enum.Enum):
    RED = "red"


class Row(BaseModel):
    at: datetime
    sizes: list[int] = []


class Batch(BaseModel):
    rows: list[Row]


@dataclass
class Window:
    first: int


class Foreign:
    """A class that pydantic cannot describe."""


def around(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return inside


@pytest.fixture
def app() -> Celery:
    return Celery("shop", set_as_current=False)


def job(app: Celery, body: Callable[..., Any], **options: Any) -> StartableTask:
    app.task(name="job", bind=True, shared=False, **options)(progress_task(start=True)(body))
    return jobs_of(app)[0]["job"]


@pytest.mark.parametrize(
    ("kind", "given", "sent"),
    [
        (int, "3", 3),
        (Optional[int], None, None),  # noqa: UP045  # an older spelling is a user's, too
        (int | str, "x", "x"),
        (Literal["a", "b"], "a", "a"),
        (Colour, "red", "red"),
        (date, "2024-01-15", date(2024, 1, 15)),
        (time, "10:30:00", time(10, 30)),
        (datetime, "2024-01-15T10:30:00Z", datetime(2024, 1, 15, 10, 30, tzinfo=UTC)),
        (Decimal, "1.50", Decimal("1.50")),
        (UUID, f"{1:032x}", UUID(int=1)),
        (list[Annotated[int, Field(ge=0)]], [1, "2"], [1, 2]),
        (dict[str, Colour], {"a": "red"}, {"a": "red"}),
        (
            Batch,
            {"rows": [{"at": "2024-01-15T10:30:00Z"}]},
            {"rows": [{"at": "2024-01-15T10:30:00Z", "sizes": []}]},
        ),
        (Window, {"first": "1"}, {"first": 1}),
        ("Colour", "red", "red"),
    ],
    ids=str,
)
def test_a_value_travels_as_the_function_would_get_it(
    app: Celery, kind: Any, given: Any, sent: Any
) -> None:
    def body(self: Any, value: Any) -> None: ...

    body.__annotations__["value"] = kind
    found = job(app, body).checked({"value": given})
    assert found == {"value": sent}
    assert json.loads(json.dumps(found)) == found


def test_defaults_are_the_functions_own(app: Celery) -> None:
    nothing = object()

    def body(
        self: Any,
        first: int,
        then: tuple[int, ...] = (),
        *,
        last: Any = nothing,
        model_config: int = 1,
    ) -> None:
        """Fetch prices.

        Of all symbols."""

    its = job(app, body)
    schema = its.schema()
    assert (its.title, its.description) == ("Fetch prices.", "Fetch prices.\n\nOf all symbols.")
    assert list(schema["properties"]) == ["first", "then", "last", "model_config"]
    assert schema["required"] == ["first"]
    assert its.checked({"first": 1, "model_config": 2}) == {"first": 1, "model_config": 2}


@pytest.mark.parametrize(
    ("given", "where", "kind"),
    [
        ({}, ("first",), "missing"),
        ({"first": "x"}, ("first",), "int_parsing"),
        ({"first": 1, "other": 2}, ("other",), "extra_forbidden"),
        ({"first": 1, "some": [1]}, ("some",), "not_json"),
    ],
)
def test_wrong_arguments_are_named(
    app: Celery, given: dict[str, Any], where: tuple[str, ...], kind: str
) -> None:
    def body(self: Any, first: int, some: set[int] = set()) -> None: ...  # noqa: B006

    with pytest.raises(WrongArguments) as raised:
        job(app, body).checked(given)
    assert [(e["loc"], e["type"]) for e in raised.value.errors] == [(where, kind)]


def test_each_kind_of_task_has_its_own_arguments(app: Celery) -> None:
    @app.task(bind=True, name="wrapped", shared=False)
    @progress_task(start=True)
    @around
    def wrapped(self: Any, rows: int) -> None: ...

    @app.task(name="retried", autoretry_for=(ValueError,), shared=False)
    @progress_task(start=True)
    def retried(rows: int) -> None: ...

    @app.task(name="modelled", pydantic=True, shared=False)
    @progress_task(start="owner")
    def modelled(rows: Row) -> None: ...

    class OfAClass(Task):  # type: ignore[misc]  # Celery has no types
        name = "of a class"

        @progress_task(start=True)
        def run(self, rows: int) -> None: ...

    app.register_task(OfAClass())
    jobs, closed = jobs_of(app)
    assert {name: list(its.schema()["properties"]) for name, its in jobs.items()} == {
        name: ["rows"] for name in ("modelled", "of a class", "retried", "wrapped")
    }
    assert [name for name, its in jobs.items() if its.for_owners] == ["modelled"]
    assert closed == {}


def plain(rows: int = 1) -> None: ...
def several(*rows: int) -> None: ...
def named(**rows: int) -> None: ...
def by_position(rows: int, /) -> None: ...
def foreign(rows: Foreign) -> None: ...
def unknown(rows: Missing) -> None: ...  # type: ignore[name-defined]  # noqa: F821


@pytest.mark.parametrize("body", [several, named, by_position, foreign, unknown])
def test_what_has_no_form_in_json_closes_this_task_alone(
    app: Celery, body: Callable[..., Any]
) -> None:
    app.task(name="closed", shared=False)(progress_task(start=True)(body))
    app.task(name="open", shared=False)(progress_task(start=True)(plain))
    jobs, closed = jobs_of(app)
    assert list(jobs) == ["open"]
    assert list(closed) == ["closed"]
    assert "rows" in closed["closed"] or "Missing" in closed["closed"]


def test_a_task_of_another_serializer_is_closed(app: Celery) -> None:
    app.task(name="pickled", serializer="pickle", shared=False)(progress_task(start=True)(plain))
    jobs, closed = jobs_of(app)
    assert jobs == {}
    assert "pickle" in closed["pickled"]


def test_an_unmarked_task_is_no_job(app: Celery) -> None:
    app.task(name="tracked", shared=False)(progress_task(plain))
    app.task(name="plain", shared=False)(plain)
    assert jobs_of(app) == ({}, {})


def test_the_order_of_arguments_does_not_count() -> None:
    day = date(2024, 1, 15)
    assert digest_of({"a": 1, "b": day}) == digest_of({"b": day, "a": 1}) != digest_of({"a": 1})
