"""Values that a job hands over and JSON cannot say."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from progress_backend.record import task_json
from progress_backend.record.model import Task
from tests.strategies import NOW

TASK = Task("t", "fetch_data", created_at=NOW)


def body(task: Task) -> dict:
    return json.loads(task_json.encode(task))


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert body(replace(TASK, message="a\ud800b"))["current_status"] == "a?b"


def nested(depth: int, inner: object = 1) -> object:
    for _ in range(depth):
        inner = [inner]
    return inner


def depth_of(value: object) -> int:
    depth, level = 0, [value]
    while level := [
        item
        for outer in level
        if isinstance(outer, (dict, list))
        for item in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        depth += 1
    return depth


@pytest.mark.parametrize("depth", [0, 17, 18, 19, 500, 960, 100_000])
def test_what_is_nested_too_deep_for_a_reader_becomes_text(depth) -> None:
    document = task_json.encode(replace(TASK, results={"v": nested(depth)}))
    read = json.loads(document)
    assert depth_of(read) <= 20
    assert (read["results"]["v"] == nested(depth)) == (depth <= 18)


def test_a_circle_is_cut_and_a_shared_value_is_none() -> None:
    circle: dict[str, object] = {}
    circle.update(a=circle, b=circle, c=[circle])
    read = body(replace(TASK, results=circle))["results"]
    assert read.keys() == {"a", "b", "c"}
    assert isinstance(read["a"], str)
    shared = {"x": nested(3)}
    read = body(replace(TASK, results={str(n): shared for n in range(30)}))["results"]
    assert read["29"] == shared
