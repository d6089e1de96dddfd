"""Who a record says has requested an action: a token's holder passes for no other user."""

import pytest

from progress_backend.credentials import tokens
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

TEXT, TOKEN = tokens.new("deploy", "write")


@pytest.fixture
def guarded(start_api: StartApi, redis_url: str) -> RunningApi:
    api = start_api(redis_url=redis_url, tokens=(TOKEN.line(),))
    api.http.headers["Authorization"] = f"Bearer {TEXT}"
    return api


NAMES = [(None, "deploy"), ("alice", "alice (deploy)"), ("a" * 255, "a" * 246 + " (deploy)")]


@pytest.mark.parametrize("kind", ["task", "workflow", "workflow as a task"])
def test_an_act_has_the_tokens_name(guarded: RunningApi, redis_url: str, kind: str) -> None:
    records = Records(redis_url)
    for number, (given, kept) in enumerate(NAMES):
        if kind == "task":
            records.create(its_id := f"job-{number}")
        else:
            records.member(f"member-{number}", its_id := f"its-workflow-{number}")
        path = f"/internal/{'workflow' if kind == 'workflow' else 'task'}/{its_id}"
        for method, act, body in (("PUT", "update", {"status": "paused"}), ("POST", "cancel", {})):
            asked = body if given is None else {**body, "by": given}
            answer = guarded.http.request(method, f"{path}/{act}", json=asked)
            assert answer.is_success, answer.text
            assert guarded.http.get(f"{path}/status").json()["control"]["by"] == kept
