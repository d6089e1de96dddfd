"""A task's log over HTTP, and followed by server-sent events as a browser reads them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import redis

from progress_backend.flows import task_log
from progress_backend.live import followed_logs
from progress_backend.record.log_line import LogLine
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.waiting import eventually
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events


@pytest.fixture
def store(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """To write lines to, which are looked for each fifth of a second."""
    monkeypatch.setattr(followed_logs, "POLL_S", 0.2)
    with Store(Settings(redis_url=redis_url)) as store:
        store.ready()
        yield store


def write(store: Store, task_id: str, *texts: str, lost: int = 0) -> None:
    lines = [LogLine(1_705_282_200.25, "info", text) for text in texts]
    store.execute(task_log.add(task_id, 1, lines, lost, store.settings, store.flows.redaction))


@contextmanager
def followed(api: RunningApi, task_id: str, last: str | None = None) -> Iterator[httpx.Response]:
    headers = {"Accept": "text/event-stream"} | ({} if last is None else {"Last-Event-ID": last})
    url = f"http://127.0.0.1:{api.port}/internal/task/{task_id}/log"
    with httpx.stream("GET", url, headers=headers, timeout=30, trust_env=False) as answer:
        yield answer


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [event["text"] for event in found if "text" in event]


def test_the_lines_as_json(api: RunningApi, store: Store) -> None:
    task_id = api.create()
    empty = api.http.get(f"/internal/task/{task_id}/log")
    assert empty.json() == {"task_id": task_id, "first": None, "last": None, "lines": []}
    write(store, task_id, "a", "二行\n目")
    body = api.http.get(f"/internal/task/{task_id}/log").json()
    assert (body["first"], body["last"]) == (1, 2)
    assert body["lines"][1] == {
        "id": 2,
        "time": "2024-01-15T01:30:00.250+00:00",
        "level": "info",
        "attempt": 1,
        "text": "二行\n目",
    }
    after = api.http.get(f"/internal/task/{task_id}/log", params={"after": 1, "limit": 5})
    assert [line["id"] for line in after.json()["lines"]] == [2]
    newest = api.http.get(f"/internal/task/{task_id}/log", params={"limit": 1})
    assert [line["id"] for line in newest.json()["lines"]] == [2]


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_unknown_task(api: RunningApi, accept: str) -> None:
    for path, status in (
        ("nope/log", 404),
        (f"{'x' * 4_097}/log", 422),
        ("nope/log?after=-1", 422),
        ("nope/log?limit=1001", 422),
    ):
        answer = api.http.get(f"/internal/task/{path}", headers={"Accept": accept})
        assert answer.status_code == status, path
    assert api.watched() == 0


def test_a_log_is_followed_to_the_end(api: RunningApi, store: Store) -> None:
    task_id = api.create()
    write(store, task_id, "a")
    with followed(api, task_id) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        heard = events(answer)
        assert next(heard) == {"retry": "2000"}
        first = next(heard)
        assert (first["id"], first["text"]) == (1, "a")
        write(store, task_id, "b", "c")
        assert [next(heard)["text"], next(heard)["text"]] == ["b", "c"]
        write(store, task_id, "d", lost=10)
        gone = next(heard)
        assert (gone["event"], gone["lines"]) == ("dropped", 10)
        assert next(heard)["id"] == 14
        write(store, task_id, "the last")
        api.update(task_id, "completed")
        rest = list(heard)
        assert texts(rest) == ["the last"]
        assert rest[-1]["event"] == "end"
    eventually(lambda: api.watched() == 0)


def test_who_comes_back_gets_what_is_new(api: RunningApi, store: Store) -> None:
    task_id = api.create()
    write(store, task_id, "a", "b", "c")
    api.update(task_id, "completed")
    with followed(api, task_id, "1") as answer:
        assert texts(list(events(answer))) == ["b", "c"]
    with followed(api, task_id, "3") as answer:
        assert (answer.status_code, answer.read()) == (204, b"")
    with followed(api, task_id, "nonsense") as answer:
        assert texts(list(events(answer))) == ["a", "b", "c"]
    # More than are asked for at once follow.
    url, accept = f"/internal/task/{task_id}/log?after=0&limit=1", {"Accept": "text/event-stream"}
    with api.http.stream("GET", url, headers=accept) as answer:
        assert texts(list(events(answer))) == ["a", "b", "c"]


def test_who_had_another_log_gets_this_one(api: RunningApi, store: Store) -> None:
    """A record that is made anew under the same id counts its lines anew."""
    task_id = api.create()
    with followed(api, task_id, "500") as answer:
        heard = events(answer)
        assert next(heard) == {"retry": "2000"}
        write(store, task_id, "a", "b")
        assert [next(heard)["text"], next(heard)["text"]] == ["a", "b"]
        write(store, task_id, "c")
        api.update(task_id, "completed")
        rest = list(heard)
    assert [event["event"] for event in rest if "event" in event] == ["end"]
    assert texts(rest) == ["c"]
    answer = api.http.get(f"/internal/task/{task_id}/log", params={"after": 17})
    assert [line["text"] for line in answer.json()["lines"]] == ["a", "b", "c"]


def test_quiet_logs_are_kept_alive(
    api: RunningApi, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress_backend.web.push.log_stream.PING_S", 0.1)
    task_id = api.create()
    with followed(api, task_id) as answer:
        heard = events(answer)
        assert next(heard) == {"retry": "2000"}
        assert next(heard) == {"": "nothing new"}


def test_logs_without_news_are_read_together(
    api: RunningApi, store: Store, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many streams follow a log, it is asked once a second for its newest line."""
    monkeypatch.setattr(followed_logs, "POLL_S", 1.0)
    task_id = api.create()

    def calls(name: str) -> int:
        with redis.Redis.from_url(redis_url) as raw:
            stats: Any = raw.info("commandstats")
        return int(stats.get(f"cmdstat_{name}", {}).get("calls", 0))

    with contextlib.ExitStack() as stack:
        heard = [events(stack.enter_context(followed(api, task_id))) for _ in range(9)]
        for each in heard:
            assert next(each) == {"retry": "2000"}
        asked, read = calls("xrevrange"), calls("xrange")
        eventually(lambda: calls("xrevrange") - asked >= 2)
        assert calls("xrange") == read, "a stream has read its log, which has nothing new"
        assert calls("xrevrange") - asked < 9
        write(store, task_id, "a")
        assert [next(each)["text"] for each in heard] == ["a"] * 9
