"""An end that a message which comes again may take back: no door calls it one for good before the
store's clock does, whatever the clocks of service, worker and terminal say."""

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest

from progress_backend.terminal.opening import of_api, of_store
from progress_backend.terminal.readers import TasksReader
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events, opened, url_of
from tests.web.test_websockets import closed, rest

#: A lease, and how long the broker takes: the sum is much longer than a lease alone.
LEASE_S, AGAIN_S = 0.4, 4.1
EARLY = 0.9 * (LEASE_S + AGAIN_S)


@pytest.fixture(params=[-3_600, 3_600], autouse=True)
def wrong_clock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this process: the service, the writer of the records, the terminal."""
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + request.param)


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url, lease_s=LEASE_S)


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, LEASE_S)


async def test_a_socket_stays_open_until_nothing_can_take_the_end_back(
    api: RunningApi, records: Records
) -> None:
    """An event stream and a terminal, too; then all are final by the time alone."""
    assert api.status("job").status_code == 404  # the first request takes its time
    began = time.monotonic()
    revision = records.lose("job", AGAIN_S).revision

    def read() -> tuple[dict[str, Any], str]:
        answer = api.status("job")
        return answer.json(), answer.headers["ETag"]

    def stream() -> list[str]:
        with opened(url_of(api, "job"), str(revision)) as answer:
            assert answer.status_code == 200
            return [event["id"] for event in events(answer)]

    def watched() -> list[bool]:
        url = f"http://127.0.0.1:{api.port}"
        with of_store(records.settings, "en") as store, of_api(url, None, "en") as other:
            return [TasksReader(each, ["job"]).read().ended for each in (store, other)]

    before, tag = read()
    assert watched() == [False, False]
    assert not before["final"]
    assert before["current_status"].startswith("ワーカーが失われました。")
    assert listed(api)["final"] is False
    streaming = asyncio.create_task(asyncio.to_thread(stream))
    async with api.watch("job") as socket:
        message, last = [message async for message in rest(socket)]
        assert await closed(socket) == 1000
    assert time.monotonic() - began > EARLY
    assert await streaming == [str(revision), f"{revision}/final"]
    assert (message["status"], message["final"]) == ("error", False)
    failed = {"code": "failed", "args": {}}
    text = {"message": "エラーが発生しました", "message_code": failed, "final": True}
    assert last == {**message, **text}
    until = datetime.fromisoformat(message["may_come_again_until"])
    assert f"{until:%H:%M}" in message["message"]
    with opened(url_of(api, "job"), f"{revision}/final") as answer:
        assert answer.status_code == 204
    with opened(url_of(api, "job"), str(revision)) as answer:
        assert [(event["id"], event["final"]) for event in events(answer)] == [
            (f"{revision}/final", True)
        ]
    eventually(lambda: read()[0]["final"])
    after, later = read()
    assert (after["revision"], after["status"]) == (revision, "error")
    assert after["current_status"] == "エラーが発生しました"
    assert (listed(api)["final"], listed(api)["current_status"]) == (True, "エラーが発生しました")
    eventually(lambda: watched() == [True, True])  # by clocks of their own
    assert later != tag, "whoever has the state of before is sent the new one"
    assert api.status("job", headers={"If-None-Match": tag}).status_code == 200
    assert api.status("job", headers={"If-None-Match": later}).status_code == 304


def listed(api: RunningApi) -> dict[str, Any]:
    (row,) = api.http.get("/internal/tasks").json()["tasks"]
    assert isinstance(row, dict)
    return row
