"""Who a record says has asked for an act: a token's holder passes for nobody else."""

from __future__ import annotations

import pytest

from progress_backend import tokens
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

TEXT, TOKEN = tokens.new("deploy", "write")


@pytest.fixture
def guarded(start_api: StartApi, redis_url: str) -> RunningApi:
    api = start_api(redis_url=redis_url, tokens=(TOKEN.line(),))
    api.http.headers["Authorization"] = f"Bearer {TEXT}"
    return api


ACTS = [
    ("POST", "cancel", {}),
    ("PUT", "update", {"status": "paused"}),
]
SAID = [(None, "deploy"), ("alice", "alice (deploy)"), ("a" * 255, "a" * 246 + " (deploy)")]


@pytest.mark.parametrize(("method", "act", "body"), ACTS)
@pytest.mark.parametrize(("said", "kept"), SAID)
@pytest.mark.parametrize("kind", ["task", "workflow", "workflow as a task"])
def test_an_act_has_the_tokens_name(
    guarded: RunningApi, redis_url: str, method: str, act: str, body: dict, said, kept, kind: str
) -> None:
    member = Member(("its-workflow",)) if kind != "task" else None
    store = Store(Settings(redis_url=redis_url))
    identity = ev.Identity(task_type="fetch_data", member=member)
    store.run(store.flows.apply("job", (ev.Created(identity=identity),), store.now()))
    store.close()
    path = {
        "task": "task/job",
        "workflow": "workflow/its-workflow",
        "workflow as a task": "task/its-workflow",
    }[kind]
    asked = body if said is None else {**body, "by": said}
    answer = guarded.http.request(method, f"/internal/{path}/{act}", json=asked)
    assert answer.is_success, answer.text
    assert guarded.http.get(f"/internal/{path}/status").json()["control"]["by"] == kept


def test_a_forced_end_has_it_and_a_value_keeps_nobody(guarded: RunningApi) -> None:
    task_id = guarded.create()
    path = f"/internal/task/{task_id}"
    put = {"status": "running", "current_items": 1}
    assert guarded.http.put(f"{path}/update", json=put).json()["control"] is None
    wrong = guarded.http.put(f"{path}/update", json={**put, "by": "alice"})
    assert wrong.status_code == 422


@pytest.mark.parametrize(("said", "kept"), [(None, "api"), ("alice", "alice")])
def test_without_tokens_the_request_alone_says_it(api: RunningApi, said, kept) -> None:
    task_id = api.create()
    body = {} if said is None else {"by": said}
    answer = api.http.post(f"/internal/task/{task_id}/cancel", json=body)
    assert answer.json()["control"]["by"] == kept
