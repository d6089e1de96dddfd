"""An end that a message which comes again may take back: nobody is told that it is one for good."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest

from progress_backend.record import events as ev
from progress_backend.record.model import Task
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events, opened, url_of
from tests.web.test_websockets import closed, rest, said
from tests.web.test_websockets_all import watch_all

#: A lease, and how long the broker takes: the sum is much longer than a lease alone.
LEASE_S, AGAIN_S = 0.4, 1.6
EARLY = 0.9 * (LEASE_S + AGAIN_S)


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url, lease_s=LEASE_S)


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, LEASE_S)


def fail(records: Records, task_id: str, cause: str) -> Task:
    identity = ev.Identity(task_type="fetch_data")
    records.apply(task_id, ev.Started(identity=identity, again_s=AGAIN_S))
    return records.apply(task_id, ev.Failed(error_message="why", cause=cause))


async def test_a_socket_stays_open_until_nothing_can_take_the_end_back(
    api: RunningApi, records: Records
) -> None:
    began = time.monotonic()
    records.lose("job", AGAIN_S)
    async with api.watch("job") as socket:
        messages = [message async for message in rest(socket)]
        assert await closed(socket) == 1000
    assert time.monotonic() - began > EARLY
    (message,) = messages
    assert (message["status"], message["final"]) == ("error", False)
    until = datetime.fromisoformat(message["may_come_again_until"])
    assert f"{until:%H:%M}" in message["message"]


async def test_who_watched_before_hears_the_run_that_takes_it_back(
    api: RunningApi, records: Records
) -> None:
    records.create("job")
    async with api.watch("job") as socket:
        assert (await said(socket))["status"] == "created"
        lost = records.lose("job", AGAIN_S)
        while (await said(socket))["revision"] < lost.revision:
            pass
        await asyncio.sleep(2 * LEASE_S)  # the broker takes its time
        again = ev.Started(identity=ev.Identity(task_type="fetch_data"), redelivered=True)
        records.apply("job", again)
        message = await said(socket)
        assert (message["status"], message["may_come_again_until"]) == ("running", None)
        records.complete("job")
        end = await said(socket)
        assert (end["status"], end["final"]) == ("completed", True)
        assert await closed(socket) == 1000


def test_an_event_stream_stays_open_as_long_and_then_is_204(
    api: RunningApi, records: Records
) -> None:
    began = time.monotonic()
    last = str(records.lose("job", AGAIN_S).revision)
    with opened(url_of(api, "job"), last) as answer:
        assert answer.status_code == 200
        assert [event["id"] for event in events(answer)] == [last]
    assert time.monotonic() - began > EARLY
    with opened(url_of(api, "job"), last) as answer:
        assert answer.status_code == 204


@pytest.mark.parametrize("cause", ["worker_lost", "rejected", "internal_error"])
async def test_so_it_is_with_every_end_that_the_message_may_take_back(
    api: RunningApi, records: Records, cause: str
) -> None:
    began = time.monotonic()
    fail(records, "job", cause)
    async with api.watch("job") as socket:
        assert [message["final"] async for message in rest(socket)] == [False]
        assert await closed(socket) == 1000
    assert time.monotonic() - began > EARLY


@pytest.mark.parametrize("cause", ["exception", "time_limit"])
async def test_a_failure_that_celery_stored_closes_at_once(
    api: RunningApi, records: Records, cause: str
) -> None:
    last = str(fail(records, "job", cause).revision)
    async with api.watch("job") as socket:
        assert [message["final"] async for message in rest(socket)] == [True]
        assert await closed(socket) == 1000
    with opened(url_of(api, "job"), last) as answer:
        assert answer.status_code == 204


async def test_a_cancel_is_final_before_its_run_has_heeded_it(
    api: RunningApi, records: Records
) -> None:
    """The streams of one task end with it; that the run has ended too is told to all others."""
    records.start("job")
    async with api.watch("job") as socket, watch_all(api) as every:
        assert (await said(socket))["status"] == "running"
        api.cancel("job")
        end = await said(socket)
        assert (end["status"], end["final"]) == ("cancelled", True)
        assert end["control"]["heeded_at"] is None
        assert await closed(socket) == 1000
        assert await said(every) == end
        with opened(url_of(api, "job"), str(end["revision"])) as answer:
            assert answer.status_code == 204
        with opened(url_of(api, "job")) as answer:
            assert [event["status"] for event in events(answer)] == ["cancelled"]
        await asyncio.to_thread(records.apply, "job", ev.Heeded())
        heeded = await said(every)
        assert heeded["timestamp"] == end["timestamp"]
        assert heeded["control"]["heeded_at"] == api.status("job").json()["control"]["heeded_at"]
        assert heeded["control"]["heeded_at"] is not None


def test_body_and_row_become_final_by_the_time_alone(api: RunningApi, records: Records) -> None:
    revision = records.lose("job", AGAIN_S).revision

    def read() -> tuple[dict[str, Any], str]:
        answer = api.status("job")
        return answer.json(), answer.headers["ETag"]

    before, tag = read()
    assert not before["final"]
    assert before["current_status"].startswith("ワーカーが失われました。")
    assert listed(api)["final"] is False
    eventually(lambda: read()[0]["final"])
    after, later = read()
    assert (after["revision"], after["status"]) == (revision, "error")
    assert after["current_status"] == "エラーが発生しました"
    assert (listed(api)["final"], listed(api)["current_status"]) == (True, "エラーが発生しました")
    assert later != tag, "whoever has the state of before is told"
    assert api.status("job", headers={"If-None-Match": tag}).status_code == 200
    assert api.status("job", headers={"If-None-Match": later}).status_code == 304


def listed(api: RunningApi) -> dict[str, Any]:
    (row,) = api.http.get("/internal/tasks").json()["tasks"]
    assert isinstance(row, dict)
    return row
