"""A task's updates as server-sent events, read as a browser reads them."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from progress_backend.web.push import event_stream
from tests.conftest import StartService
from tests.ports import free_port
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

Event = dict[str, Any]


@contextmanager
def opened(url: str, last: str | None = None) -> Iterator[httpx.Response]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with httpx.stream("GET", url, headers=headers, timeout=60, trust_env=False) as answer:
        yield answer


def url_of(api: RunningApi, task_id: str) -> str:
    return f"http://127.0.0.1:{api.port}/internal/task/{task_id}/events"


def events(answer: httpx.Response) -> Iterator[Event]:
    """Each event's fields; a comment is an event with the field ''."""
    fields: Event = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            data = fields.get("data", "")
            yield {**fields, **(json.loads(data) if data.startswith("{") else {})}
            fields = {}


def test_the_messages_of_the_socket_with_their_revision(api: RunningApi) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        received = events(answer)
        first = next(received)
        assert (first["type"], first["id"], first["retry"]) == ("task_created", "1", "2000")
        api.update(task_id, current_items=150, message="処理中\n二行目")
        message = next(received)
        assert (message["type"], message["id"]) == ("progress_update", "2")
        assert (message["message"], message["revision"]) == ("処理中\n二行目", 2)
        api.update(task_id, "completed", results={"saved": 252})
        end = next(received)
        assert (end["status"], end["results"], end["id"]) == ("completed", {"saved": 252}, "3")
        assert list(received) == []


def test_a_reconnect_after_the_end_gets_204(api: RunningApi) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id), "1") as answer:  # it still runs: its state and what follows
        received = events(answer)
        assert next(received)["id"] == "1"
        api.cancel(task_id)
        assert [event["id"] for event in received] == ["2"]
    with opened(url_of(api, task_id), "1") as answer:
        assert [event["status"] for event in events(answer)] == ["cancelled"]
    with opened(url_of(api, task_id), "2") as answer:
        assert (answer.status_code, answer.read()) == (204, b"")
    eventually(lambda: api.watched() == 0)


@pytest.mark.parametrize("task_id", ["nope", "x" * 4_097])
def test_an_unknown_task(api: RunningApi, task_id: str) -> None:
    answer = api.http.get(f"/internal/task/{task_id}/events")
    assert answer.status_code == (404 if task_id == "nope" else 422)
    assert api.watched() == 0


def test_quiet_streams_are_kept_alive(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert event_stream.PING_S == 15
    monkeypatch.setattr(event_stream, "PING_S", 0.1)
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        received = events(answer)
        assert next(received)["id"] == "1"
        assert next(received) == next(received) == {"": "nothing new"}
        api.update(task_id, "completed")
        assert [event["id"] for event in received if "id" in event] == ["2"]


@pytest.mark.wide
def test_an_end_of_the_service_ends_the_stream(start_service: StartService, redis_url: str) -> None:
    """Under an uvicorn without our options, which would wait for open answers for ever; under our
    own: tests/web/test_serve.py."""
    port = free_port()
    args = ["uvicorn", "--factory", "progress_backend.web:create_app", "--port", str(port)]
    env = {"PROGRESS_REDIS_URL": redis_url}
    service = start_service([sys.executable, "-m", *args], env=env, ready="Uvicorn running on")
    Records(redis_url).create("job")
    with opened(f"http://127.0.0.1:{port}/internal/task/job/events") as answer:
        received = events(answer)
        assert next(received)["id"] == "1"
        service.signal(signal.SIGTERM)
        assert list(received) == []  # and not cut off in the middle of a chunk
    assert service.wait(60) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log
    assert "Cancel" not in service.log
