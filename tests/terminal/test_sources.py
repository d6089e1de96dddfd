"""A store and an API as the terminal reads and asks them: both answer alike."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from progress_backend.credentials import tokens
from progress_backend.errors import TaskNotFound, TransitionRefused, WorkflowNotFound
from progress_backend.flows import task_log
from progress_backend.record.list_request import ListRequest
from progress_backend.record.log_line import LogLine
from progress_backend.record.redaction import Redaction
from progress_backend.store.drivers import Store
from progress_backend.terminal.opening import of_api, of_store
from progress_backend.terminal.readers import ListReader
from progress_backend.terminal.source import Source
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]

ALL, PART = tokens.new("all", "read"), tokens.new("part", "read", task_type="fetch_data")
#: An id as Celery lets callers choose it.
ODD = "a/b c?ü"
Read = Callable[[Source], Any]


@pytest.fixture
def both(redis_url: str, start_api: StartApi) -> Iterator[tuple[Source, Source]]:
    """The same records in a store and by an API: a workflow, and tasks of several statuses."""
    records = Records(redis_url, locale="en")
    for task_id in ("m1", "m2"):
        records.member(task_id, "flow", name="fetch ×2")
    records.run("m1")
    records.create(ODD, owner="alice")
    records.complete("m2")
    with Store(records.settings) as writer:
        lines = [LogLine(1_760_000_000, "info", f"line {n}") for n in range(5)]
        writer.execute(task_log.add("m1", 1, lines, 0, records.settings, Redaction()))
    api = start_api(redis_url=redis_url, locale="en")
    url = f"http://127.0.0.1:{api.port}"
    with of_store(records.settings, "en") as store, of_api(url, None, "en") as other:
        yield store, other


READS: list[Read] = [
    lambda source: source.task(ODD),
    lambda source: source.task("flow"),
    lambda source: source.task("nobody"),
    lambda source: source.timeline("m2"),
    lambda source: source.timeline("nobody"),
    lambda source: source.log("m1", None, 2),
    lambda source: source.log("m1", 2, 200),
    lambda source: source.tasks(ListRequest()),
    lambda source: source.tasks(ListRequest(status="completed", limit=1), whole=True),
    lambda source: source.tasks(ListRequest(top=True)),
    lambda source: source.tasks(ListRequest(owner="alice")),
    lambda source: source.tasks(ListRequest(sort="running", page=2, limit=2)),
    lambda source: source.workflow("flow"),
    lambda source: source.workflow("nobody"),
    lambda source: source.workflows(1, 20),
    lambda source: {**source.workers(), "at": None, "oldest_wait_ms": None, "types": None},
    lambda source: source.act("cancel", ["m2", "nobody"]),
]


def test_a_store_and_an_api_answer_alike(both: tuple[Source, Source]) -> None:
    for number, read in enumerate(READS):
        store, api = (read(source) for source in both)
        assert store == api, f"read {number}"


def test_acts_change_the_records(both: tuple[Source, Source], redis_url: str) -> None:
    records = Records(redis_url)
    store, api = both
    for source in both:
        assert source.act("pause", [ODD], "lunch")["requested"] == 1
        assert records.get(ODD).status == "paused"
        assert source.act("resume", [ODD])["requested"] == 1
        assert records.get(ODD).status == "created"
    store.act_on_workflow("flow", "pause")
    assert records.get("m1").requested == "pause"
    api.act_on_workflow("flow", "cancel")  # its members follow after the response
    eventually(lambda: records.get("m1").requested == "cancel")
    for source in both:
        with pytest.raises(TransitionRefused, match="has already ended"):
            source.act_on_workflow("flow", "pause")
        with pytest.raises(WorkflowNotFound):
            source.act_on_workflow("nobody", "cancel")
        with pytest.raises(TaskNotFound):
            source.log("nobody", None, 10)


def test_workflows_are_rows_for_those_who_may_see_all(redis_url: str, start_api: StartApi) -> None:
    records = Records(redis_url, locale="en")
    records.member("m1", "old-flow", name="fetch ×2")
    records.run("m1")
    records.start("single")
    for n in range(4):
        records.create(f"id-{n}")
    lines = tuple(each[1].line() for each in (ALL, PART))
    api = start_api(redis_url=redis_url, tokens=lines, locale="en")

    def shown(token: str, limit: int = 50) -> set[str]:
        source = of_api(f"http://127.0.0.1:{api.port}", token, "en")
        view = ListReader(source, ListRequest(top=True, limit=limit)).read()
        assert view.trouble is None
        workflows = [task for task in view.tasks if task.workflow_id]
        assert [task.name for task in workflows] in ([], ["fetch ×2"])
        return {task.task_id for task in view.tasks}

    singles = {"single", *(f"id-{n}" for n in range(4))}
    assert shown(ALL[0]) == {"old-flow", *singles}
    assert shown(ALL[0], 2) == {"old-flow", "single"}, "what runs, behind newer ones"
    assert shown(PART[0]) == {"m1", *singles}, "a part of the tasks: no workflow is whole in it"
