"""What happened to a task, over HTTP; what is kept of it: tests/behaviour/test_timelines.py."""

import json
import logging
from typing import Any, Final

import pytest
from starlette.requests import HTTPConnection

from progress_backend import sign
from progress_backend.credentials import tokens
from progress_backend.settings import Settings
from progress_backend.web.rights import Action, Resource
from tests.records import Records
from tests.web.conftest import StartApi


def test_who_paused_and_resumed_a_task_and_why(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, timezone="Asia/Tokyo")
    task_id = api.create()
    api.update(task_id, "paused", by="alice", reason="the market is closed")
    api.update(task_id)
    answer = api.http.get(f"/internal/task/{task_id}/timeline")
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["task_id"], body["gone"]) == (task_id, 0)
    assert all(entry.pop("time").endswith("+09:00") for entry in body["entries"])
    assert {"event": "pause", "by": "alice", "text": "the market is closed"} in body["entries"]
    assert {"event": "resumed", "by": "api"} in body["entries"]
    assert api.http.get("/internal/task/nobody/timeline").status_code == 404


def keep_stack(redis_url: str, task_id: str, event: str) -> None:
    Records(redis_url).renew()
    Records(redis_url).stack(task_id, event=event)


def test_a_stack_is_requested_by_who_may_write(
    start_api: StartApi, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "progress_backend.audit")
    text, token = tokens.new("writes", "write")
    api = start_api(redis_url=redis_url, tokens=(token.line(),))
    writes = {"Authorization": f"Bearer {text}"}
    Records(redis_url).start("runs")
    keep_stack(redis_url, "runs", "stack")
    answer = api.http.post("/internal/task/runs/stack", headers=writes)
    assert answer.status_code == 202
    assert set(answer.json()) == {"task_id", "requested_at"}
    answer = api.http.post("/internal/task/runs/stack", headers=writes)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 10
    assert [each.audit["what"] for each in caplog.records if hasattr(each, "audit")] == ["stack"]


TOKENS: Final = {
    "read": tokens.new("read", "read"),
    "write": tokens.new("write", "write"),
    "typed": tokens.new("typed", "write", "fetch_data"),
    "owned": tokens.new("owned", "write", owner="alice"),
}
NAME: Final = lambda _, action, __: "alice"  # noqa: E731
TRUE: Final = lambda _, action, __: True  # noqa: E731
STACKS_TOO: Final = lambda _, action, __: action == "stack" or "alice"  # noqa: E731
ALL_BUT_STACKS: Final = lambda _, action, __: "alice" if action == "stack" else True  # noqa: E731


@pytest.mark.parametrize("event", ["stack", "traceback"])
@pytest.mark.parametrize(
    ("caller", "authorize", "shown"),
    [
        ("write", None, True),
        ("write", NAME, True),
        ("read", None, False),
        ("read", TRUE, False),
        ("typed", TRUE, False),
        ("owned", None, False),
        ("owned", NAME, False),
        ("owned", STACKS_TOO, True),
        ("share", TRUE, False),
        ("session", NAME, False),
        ("session", TRUE, True),
        ("session", STACKS_TOO, True),
        ("session", ALL_BUT_STACKS, False),
    ],
)
def test_stacks_and_tracebacks_are_operators(
    start_api: StartApi,
    redis_url: str,
    caplog: pytest.LogCaptureFixture,
    event: str,
    caller: str,
    authorize: Any,
    shown: bool,
) -> None:
    """Each that is shown is a line of the audit log."""
    asked: list[Action] = []

    def site(request: HTTPConnection, action: Action, resource: Resource) -> bool | str:
        asked.append(action)
        return authorize(request, action, resource)

    caplog.set_level(logging.INFO, "progress_backend.audit")
    known = {"tokens": tuple(token.line() for _, token in TOKENS.values())}
    known |= {"signing_keys": ("k" * 32,), "authorize": authorize and site}
    api = start_api(redis_url=redis_url, **known)
    share = sign(owner="alice", settings=Settings(signing_keys=("k" * 32,)))
    text = share if caller == "share" else TOKENS[caller][0] if caller in TOKENS else None
    headers = {} if text is None else {"Authorization": f"Bearer {text}"}
    Records(redis_url).start("runs", owner="alice")

    def events() -> list[str]:
        body = api.http.get("/internal/task/runs/timeline", headers=headers).json()
        return [each["event"] for each in body["entries"]]

    assert events() == ["created", "started"]
    assert "stack" not in asked
    keep_stack(redis_url, "runs", event)
    assert (event in events()) == shown
    lines = [json.loads(one.getMessage()) for one in caplog.records if "audit" in one.name]
    assert [(one["what"], one["id"]) for one in lines] == [("stack", "runs")] * shown
