"""A task's updates as server-sent events, read as a browser reads them."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import redis

from progress_backend.record import events as ev
from tests.conftest import StartServer, StartService
from tests.ports import free_port
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_serve import served

Event = dict[str, Any]


@contextmanager
def opened(url: str, last: str | None = None) -> Iterator[httpx.Response]:
    headers = {} if last is None else {"Last-Event-ID": last}
    with httpx.stream("GET", url, headers=headers, timeout=30, trust_env=False) as answer:
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
            yield {**fields, **json.loads(fields.get("data", "{}"))}
            fields = {}


def test_the_messages_of_the_socket_with_their_revision(api: RunningApi) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["x-accel-buffering"] == "no"
        assert answer.headers["cache-control"] == "no-store"
        heard = events(answer)
        first = next(heard)
        assert (first["type"], first["id"], first["retry"]) == ("task_created", "1", "2000")
        api.update(task_id, current_items=150, message="処理中\n二行目")
        message = next(heard)
        assert (message["type"], message["id"]) == ("progress_update", "2")
        assert (message["message"], message["revision"]) == ("処理中\n二行目", 2)
        api.update(task_id, "completed", results={"saved": 252})
        end = next(heard)
        assert (end["status"], end["results"], end["id"]) == ("completed", {"saved": 252}, "3")
        assert list(heard) == []


def test_after_the_end_a_browser_that_comes_back_is_told_to_stop(api: RunningApi) -> None:
    task_id = api.create()
    api.cancel(task_id)
    with opened(url_of(api, task_id), "1") as answer:
        assert [event["status"] for event in events(answer)] == ["cancelled"]
    with opened(url_of(api, task_id), "2") as answer:
        assert (answer.status_code, answer.read()) == (204, b"")
    eventually(lambda: api.watched() == 0)


def test_one_that_still_runs_goes_on_after_its_last_event(api: RunningApi) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id), "1") as answer:
        heard = events(answer)
        assert next(heard)["id"] == "1"
        api.update(task_id, current_items=1)
        assert next(heard)["id"] == "2"


@pytest.mark.parametrize("task_id", ["nope", "x" * 4_097])
def test_an_unknown_task(api: RunningApi, task_id: str) -> None:
    answer = api.http.get(f"/internal/task/{task_id}/events")
    assert answer.status_code == (404 if task_id == "nope" else 422)
    assert api.watched() == 0


def test_a_client_that_goes_is_forgotten(api: RunningApi) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        heard = events(answer)
        next(heard)
        assert api.watched() == 1
    eventually(lambda: api.watched() == 0)


def test_quiet_streams_are_kept_alive(api: RunningApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progress_backend.web.push.event_stream.PING_S", 0.1)
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        heard = events(answer)
        assert next(heard)["id"] == "1"
        assert next(heard) == next(heard) == {"": "nothing new"}
        api.update(task_id, "completed")
        assert [event["id"] for event in heard if "id" in event] == ["2"]


def test_a_lost_run_is_waited_for_one_lease(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, lease_s=1)
    records = Records(redis_url, lease_s=1)
    running = records.start("job")
    with opened(url_of(api, "job")) as answer:
        heard = events(answer)
        next(heard)
        lost = ev.Lost(lease="lease-1", error_message="gone", revision=running.revision)
        began = time.monotonic()
        last = str(records.apply("job", lost).revision)
        assert [event["id"] for event in heard] == [last]
        assert time.monotonic() - began > 0.9
    with opened(url_of(api, "job"), last) as answer:
        assert answer.status_code == 204
    records.apply("job", ev.Progressed(current=9, attempt=1))
    with opened(url_of(api, "job"), last) as answer:
        assert next(events(answer))["status"] == "running"


def test_a_suspicion_is_no_end_for_one_who_comes_back_at_once(
    api: RunningApi, redis_url: str
) -> None:
    records = Records(redis_url)
    running = records.start("job")
    lost = ev.Lost(lease="lease-1", error_message="gone", revision=running.revision)
    last = str(records.apply("job", lost).revision)
    with opened(url_of(api, "job"), last) as answer:
        heard = events(answer)
        assert next(heard)["status"] == "error"
        records.apply("job", ev.Completed(attempt=1))
        assert [event["status"] for event in heard] == ["completed"]


def test_a_store_that_is_away(api_without_store: RunningApi) -> None:
    answer = api_without_store.http.get("/internal/task/job/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


def test_an_outage_interrupts_nobody(start_server: StartServer, start_api: StartApi) -> None:
    server = start_server()
    api = start_api(redis_url=server.url, lease_s=0.5)
    task_id = api.create()
    with opened(url_of(api, task_id)) as answer:
        heard = events(answer)
        next(heard)
        with redis.Redis.from_url(server.url) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        api.update(task_id, current_items=7)
        assert next(heard)["progress"]["current"] == 7
        # A record that does not come back ends the stream; whoever asks again is told 404.
        server.kill()
        server.start()
        assert list(heard) == []
    assert api.http.get(f"/internal/task/{task_id}/events").status_code == 404


@pytest.mark.parametrize("way", ["serve", "uvicorn"])
def test_an_end_of_the_service_ends_the_stream(
    start_service: StartService, redis_url: str, way: str
) -> None:
    if way == "serve":
        service, address = served(start_service, redis_url)
    else:  # without our options: it would wait for open answers for ever
        port = free_port()
        args = ["uvicorn", "--factory", "progress_backend.web:create_app", "--port", str(port)]
        env = {"PROGRESS_REDIS_URL": redis_url}
        service = start_service([sys.executable, "-m", *args], env=env, ready="startup complete")
        address = f"http://127.0.0.1:{port}"
    Records(redis_url).create("job")
    with opened(f"{address}/internal/task/job/events") as answer:
        heard = events(answer)
        assert next(heard)["id"] == "1"
        service.signal(signal.SIGTERM)
        assert list(heard) == []  # and not cut off in the middle of a chunk
    assert service.wait(5) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log
    assert "Cancel" not in service.log
