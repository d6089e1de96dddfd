"""What nothing else started, read from an API: as whoever asks may see it."""

from __future__ import annotations

from progress_backend import tokens
from progress_backend.record.list_request import ListRequest
from progress_backend.terminal.api_source import ApiSource
from progress_backend.terminal.readers import ListReader
from progress_backend.terminal.rows import WorkflowRow
from tests.records import Records
from tests.web.conftest import StartApi, start_api

__all__ = ["start_api"]

ALL, PART = tokens.new("all", "read"), tokens.new("part", "read", task_type="fetch_data")


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
        source = ApiSource(f"http://127.0.0.1:{api.port}", 20, token, "en")
        view = ListReader(source, ListRequest(top=True, limit=limit)).read()
        assert view.trouble is None
        workflows = [task for task in view.tasks if isinstance(task, WorkflowRow)]
        assert [task.task_type for task in workflows] in ([], ["fetch ×2"])
        return {task.task_id for task in view.tasks}

    singles = {"single", *(f"id-{n}" for n in range(4))}
    assert shown(ALL[0]) == {"old-flow", *singles}
    assert shown(ALL[0], 2) == {"old-flow", "single"}, "what runs, behind newer ones"
    assert shown(PART[0]) == {"m1", *singles}, "a part of the tasks: no workflow is whole in it"
