"""What a run says of where its next attempt goes on, and what that attempt makes of it."""

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.record import events as ev
from progress_backend.runs import checkpoint as module
from progress_backend.runs.checkpoint import LARGEST, MOST_LOOPS, of_run
from progress_backend.runs.counting import counted
from progress_backend.runs.run import Run
from tests.runs.test_run import Desk

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.text(max_size=9), one, max_size=4),
    max_leaves=12,
)


def attempt(found: str | None, *args: Any, name: str = "import", **kwargs: Any) -> Run:
    """A run with a recorded start, with the checkpoint that its record has."""
    run = Run(
        "t",
        ev.Identity(task_type="x"),
        Desk(),
        celery_task=SimpleNamespace(name=name),
        request=SimpleNamespace(args=args, kwargs=kwargs),
    )
    run.attempt, run.found = 1, found
    return run


def recorded(run: Run) -> str | None:
    """The checkpoint that the sender would record now."""
    run.pending = True
    return run.newest().checkpoint


@given(json_values)
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    first = attempt(None)
    assert of_run(first).resume is None
    of_run(first).set(value)
    assert of_run(first).resume is None  # it is the attempt's own
    assert of_run(attempt(recorded(first))).resume == value


def test_a_value_and_what_each_reader_gets_are_copies() -> None:
    run, value = attempt(None), {"pages": [1]}
    of_run(run).set(value)
    value["pages"].append(2)
    second = of_run(attempt(recorded(run)))
    second.resume["pages"].append(3)
    assert second.resume == {"pages": [1]}


def test_an_attempt_that_says_nothing_keeps_what_is_known() -> None:
    first = attempt(None)
    assert recorded(first) is None
    of_run(first)
    assert recorded(first) is None
    of_run(first).set(7)
    second = attempt(recorded(first))
    of_run(second)
    assert of_run(attempt(recorded(second))).resume == 7


@pytest.mark.parametrize(
    ("args", "kwargs", "known"),
    [
        ((1, 2), {"a": 1, "b": [2, 3]}, True),
        ((1, 2), {"b": (2, 3), "a": 1}, True),
        ((1,), {"a": 1, "b": [2, 3]}, False),
        ((1, 2), {"a": 1}, False),
        ((1, 2), {"a": 1, "b": [2, 3], "name": "another"}, False),
    ],
)
def test_other_arguments_start_from_zero(args: Any, kwargs: Any, known: bool, caplog: Any) -> None:
    first = attempt(None, 1, 2, a=1, b=[2, 3])
    of_run(first).set(7)
    list(counted(first, range(9), 9, "rows"))
    second = attempt(recorded(first), *args, **kwargs)
    assert of_run(second).resume == (7 if known else None)
    assert list(counted(second, range(9), 9, "rows")) == ([] if known else list(range(9)))
    assert ["starts from zero" in record.message for record in caplog.records] == [True] * (
        not known
    )


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"bytes"])
def test_what_json_does_not_have_is_refused(value: Any) -> None:
    run = attempt(None)
    of_run(run).set("before")
    with pytest.raises(TypeError, match="takes a JSON value"):
        of_run(run).set(value)
    assert of_run(attempt(recorded(run))).resume == "before"


def test_what_is_too_large_leaves_the_one_before(caplog: Any) -> None:
    run = attempt(None)
    of_run(run).set("x" * (LARGEST - 2))
    for _ in range(3):
        of_run(run).set("あ" * LARGEST)
    assert of_run(attempt(recorded(run))).resume == "x" * (LARGEST - 2)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


@pytest.mark.parametrize(
    "found",
    ["", "null", "7", "[]", "{}", '{"arguments":"a","value":7,"loops":{}}',
     '{"arguments":"a","value":"{","loops":{}}', '{"arguments":"a","value":null,"loops":[]}',
     '{"arguments":"a","value":null,"loops":{"x":[-1,null]}}'],
)  # fmt: skip
def test_another_programs_text_is_no_checkpoint(found: str) -> None:
    first = attempt(None)
    of_run(first).set(1)
    arguments = json.loads(recorded(first) or "")["arguments"]
    run = attempt(found.replace('"a"', f'"{arguments}"'))
    assert of_run(run).resume is None
    assert list(counted(run, "abc", 3, "x")) == list("abc")


def test_fewer_items_than_were_done_are_no_more_than_they_are() -> None:
    first = attempt(None)
    assert list(counted(first, iter("abcdef"), None, "")) == list("abcdef")
    second = attempt(recorded(first))
    assert list(counted(second, iter("abc"), None, "")) == []
    assert second.newest().current == 3
    assert list(counted(attempt(recorded(second)), iter("abcd"), None, "")) == ["d"]


def test_loops_go_on_by_their_names_and_with_their_counts(caplog: Any) -> None:
    first = attempt(None)
    assert list(counted(first, "ab", 2, "read")) == ["a", "b"]
    iter_ = iter(counted(first, "abcd", 4, "write"))
    assert [next(iter_), next(iter_)] == ["a", "b"]  # b is not done yet
    second = attempt(recorded(first))
    assert list(counted(second, "ab", 2, "read")) == []
    iter_ = iter(counted(second, "abcd", 4, "write"))
    assert next(iter_) == "b"
    assert (second.newest() or first).current == 1
    assert list(iter_) == ["c", "d"]
    assert "starts from zero" not in caplog.text
    assert list(counted(attempt(recorded(first)), "abc", 3, "read")) == list("abc")
    assert "starts from zero" in caplog.text, "another number of items"


def test_the_second_loop_of_a_name_does_all(caplog: Any) -> None:
    first = attempt(None)
    assert list(counted(first, "ab", 2, "")) == ["a", "b"]
    second = attempt(recorded(first))
    assert list(counted(second, "ab", 2, "")) == []
    assert list(counted(second, "ab", 2, "")) == ["a", "b"]
    assert "is not the first of this name" in caplog.text


def test_a_loop_within_another_does_all_of_its_items(caplog: Any) -> None:
    def rows(run: Run) -> Iterator[tuple[int, int]]:
        for file in counted(run, range(3), 3, "files"):
            for row in counted(run, range(3), 3, "rows"):
                yield file, row

    first = attempt(None)
    found = next(recorded(first) for place in rows(first) if place == (1, 2))
    assert list(rows(attempt(found))) == [(file, row) for file in (1, 2) for row in range(3)]
    assert "is inside another loop with resume" in caplog.text


def test_loops_have_a_bound(caplog: Any) -> None:
    first = attempt(None)
    for n in range(MOST_LOOPS + 1):
        list(counted(first, "ab", 2, f"loop {n}"))
    second = attempt(recorded(first))
    for n in range(MOST_LOOPS):
        assert list(counted(second, "ab", 2, f"loop {n}")) == []
    assert list(counted(second, "ab", 2, f"loop {MOST_LOOPS}")) == ["a", "b"]
    assert "above the limit" in caplog.text


def test_without_a_recorded_start_an_attempt_waits_then_runs_from_zero(
    monkeypatch: Any, caplog: Any
) -> None:
    monkeypatch.setattr(module, "_START_WAIT_S", 0.1)
    run = attempt('{"arguments":"a","value":"7","loops":{}}')
    run.attempt = None
    assert of_run(run).resume is None
    assert run.sender.woken == 1
    assert "the store does not answer" in caplog.text
