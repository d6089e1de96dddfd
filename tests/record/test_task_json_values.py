"""Values that a job hands over and JSON cannot say."""

import json

from msgspec.structs import replace

from progress_backend.record import task_json
from progress_backend.record.model import Task
from tests.strategies import NOW

TASK = Task("t", "fetch_data", created_at=NOW)


def body(task: Task) -> dict:
    return json.loads(task_json.encode(task))


def nested(depth: int, inner: object = 1) -> object:
    for _ in range(depth):
        inner = [inner]
    return inner


def test_a_circle_is_cut_and_a_shared_value_is_none() -> None:
    circle: dict[str, object] = {}
    circle.update(a=circle, b=circle, c=[circle])
    read = body(replace(TASK, results=circle))["results"]
    assert read.keys() == {"a", "b", "c"}
    assert isinstance(read["a"], str)
    shared = {"x": nested(3)}
    read = body(replace(TASK, results={str(n): shared for n in range(30)}))["results"]
    assert read["29"] == shared
