"""A page over partitions: what happens between its reads."""

from typing import Any

import pytest

from progress_backend.flows.index_page import merged
from progress_backend.operations.lists import Filters, Page, TaskPage
from progress_backend.record.document import read
from progress_backend.record.light_row import row
from progress_backend.record.model import Task, TaskStatus
from progress_backend.record.task_json import encode
from tests.asked import names


def shown(light: bool, status: str | None) -> list[str]:
    """The rows of a page of tasks that were running; one of them has ended before it was read."""
    statuses = {"a": TaskStatus.RUNNING, "b": TaskStatus.COMPLETED, "c": TaskStatus.RUNNING}
    large = {"text": "x" * 2_000, "status": "completed"}
    documents = [encode(Task(name, "x", status=statuses[name], metadata=large)) for name in "abc"]
    stored = (row(read(one)) for one in documents) if light else documents
    answers: dict[str, Any] = {
        "ZCARD": TaskPage(5, {}),
        "ZCOUNT": 5,
        "ZREVRANGEBYSCORE": [(3, "a"), (2, "b"), (1, "c"), (0, "gone"), (0, "foreign")],
        "page" if light else "GETRANGE": [*stored, None, b"hello"],
    }
    flow = merged(Page(0, 10, Filters(status), light))
    command = next(flow)
    while True:
        try:
            command = flow.send(answers[names(command)[0]])
        except StopIteration as end:
            return [task_id for task_id, _ in end.value.rows]


@pytest.mark.parametrize("light", [False, True])
def test_what_has_left_the_list_before_it_was_read_is_not_shown_in_it(light: bool) -> None:
    assert shown(light, "running") == ["a", "c", "gone", "foreign"]
    assert shown(light, None) == ["a", "b", "c", "gone", "foreign"]
