"""Messages by Apprise, to a service of its own that is an HTTP server here."""

from __future__ import annotations

import json

import pytest

from progress_backend.record.model import Task
from progress_backend.record.task_json import encode
from progress_backend.record.webhook_event import body
from progress_backend.record.webhook_target import Target
from progress_backend.webhooks import delivery
from progress_backend.webhooks.delivery import deliver, missing
from progress_backend.webhooks.notify import message
from tests.webhooks.targets import receiving, target

TASK = Task("4f1", "fetch_data", symbol="7203.T", status="error", error_message="HTTPError: 503")
EVENT = body("task", "error", "4f1:1:2:error", "4f1", None, "progress-backend", encode(TASK))


def people(url: str) -> Target:
    return Target("people", url, ())


def test_people_get_a_message() -> None:
    with receiving() as receiver:
        answer = deliver(people(receiver.url.replace("http://", "json://")), "4f1", EVENT)
    assert (answer.delivered, str(answer)) == (True, "delivered")
    (told,) = map(json.loads, receiver.bodies)
    assert told["title"] == "fetch_data 7203.T: error"
    assert told["message"] == "HTTPError: 503\n4f1"
    assert told["type"] == "failure"


def test_a_message_that_is_refused_and_a_url_that_is_unknown_are_no_delivery() -> None:
    with receiving(lambda _: 500) as receiver:
        answer = deliver(people(receiver.url.replace("http://", "json://")), "4f1", EVENT)
    assert not answer.delivered
    assert "could not deliver" in str(answer)
    assert not deliver(people("nonsense://x"), "4f1", EVENT).delivered


def test_what_is_told_of_a_workflow_and_of_a_test() -> None:
    workflow = {"type": "progress.workflow.completed", "subject": "w"}
    data = {"task_type": "workflow", "name": "nightly", "current_status": "8/8"}
    assert message({**workflow, "data": data}) == (
        "workflow nightly: completed",
        "8/8\nw",
        "completed",
    )
    test = {"type": "progress.webhook.test", "subject": "people", "data": {"message": "a test"}}
    assert message(test) == ("progress-backend: test", "a test\npeople", "test")


def test_each_kind_of_target_needs_its_own_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (target("https://ops.example.com/"), people("slack://a/b/c"))
    assert missing(both) == []
    monkeypatch.setattr(delivery, "find_spec", lambda name: None)
    assert missing(both[1:]) == ["webhooks need apprise: pip install 'progress-backend[notify]'"]
    assert len(missing(both)) == 2
