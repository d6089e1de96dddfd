"""What the result backend is asked, and what counts as no answer."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import redis
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import Celery
from celery.exceptions import Reject

from progress_backend.record import events as ev
from progress_backend.tracking import result_backend
from progress_backend.tracking.result_backend import ASK_S, ResultBackend, done_at
from tests.servers import Server
from tests.stopwatch import FACTOR, timed
from tests.waiting import PATIENCE_S, eventually

Build = Callable[[str], Celery]


@pytest.fixture
def build() -> Iterator[Build]:
    built: list[Celery] = []

    def build(backend: str) -> Celery:
        built.append(Celery("asked", broker="memory://", backend=backend, set_as_current=False))
        return built[-1]

    yield build
    for app in built:
        app.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer is waited for as long as a busy machine takes."""
    monkeypatch.setattr(result_backend, "ASK_S", PATIENCE_S)


@pytest.mark.usefixtures("patient")
def test_a_server_that_restarted_since_the_last_read_is_read_again(
    build: Build, tmp_path: Path
) -> None:
    """The connection is there no more: that is no answer, and no reason for none."""
    server = Server(data_dir=tmp_path, appendonly=True).start()
    app = build(server.url)
    ask = ResultBackend(app).ask
    app.backend.store_result("t", 4, "SUCCESS")
    for ids in (["t"], ["t", "u"]):
        assert isinstance(ask(ids)["t"], ev.Completed)
        server.kill()
        assert not ask(ids)
        server.start()
    assert isinstance(ask(["t"])["t"], ev.Completed)
    server.kill()
    server.start()
    assert isinstance(ask(["t"])["t"], ev.Completed)
    server.stop()


@pytest.mark.usefixtures("patient")
def test_a_success_comes_with_its_result_and_time(build: Build, redis_url: str) -> None:
    app = build(redis_url)
    before = datetime.now(UTC) - timedelta(seconds=1)
    app.backend.store_result("t-1", {"saved": 4}, "SUCCESS")
    end = ResultBackend(app).ask(["t-1"])["t-1"]
    assert isinstance(end, ev.Completed)
    assert end.results == {"saved": 4}
    assert end.at is not None
    assert before < end.at < datetime.now(UTC) + timedelta(seconds=1)


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("state", "result", "end"),
    [
        ("FAILURE", WorkerLostError("signal 9"), "worker_lost"),
        ("FAILURE", TimeLimitExceeded(4), "time_limit"),
        ("FAILURE", Reject("no", requeue=False), "rejected"),
        ("FAILURE", ValueError("no such symbol"), "exception"),
        ("REVOKED", None, ev.Cancelled),
        *((state, {"current": 1}, None) for state in ("STARTED", "RETRY", "PROGRESS", "IGNORED")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_state_is_an_end_or_none(
    build: Build, redis_url: str, state: str, result: Any, end: object
) -> None:
    """Of a dead child's the message may come again: it is no end for good."""
    app = build(redis_url)
    app.backend.store_result("t-1", result, state)
    for ids in (["t-1"], ["t-1", "unknown"]):
        answers = ResultBackend(app).ask(ids)
        assert answers.keys() == set(ids)
        assert answers.get("unknown") is None
        found = answers["t-1"]
        if isinstance(found, ev.Failed):
            assert found.cause == end
            assert str(result.args[0]) in found.error_message
        else:
            assert (None if found is None else type(found)) == end


@pytest.mark.parametrize("backend", ["disabled://", "rpc://", "redis://127.0.0.1:1/0"])
def test_who_cannot_answer_is_not_waited_for(build: Build, backend: str) -> None:
    ask = ResultBackend(build(backend)).ask
    assert timed(lambda: ask(["t-1"])) < FACTOR * ASK_S
    assert ask(["t-1"]).get("t-1") is None


@pytest.mark.usefixtures("patient")
def test_many_are_asked_for_in_one_read(build: Build, redis_url: str) -> None:
    """One that cannot be decoded hides no other."""
    app = build(redis_url)
    ids = [f"t-{n}" for n in range(100)]
    for task_id in ids[::2]:
        app.backend.store_result(task_id, 1, "SUCCESS")
    ask = ResultBackend(app).ask
    ask(ids)  # connects
    with redis.Redis.from_url(redis_url) as client:
        client.config_resetstat()
        answers = ask(ids)
        read = client.info("commandstats")
        client.set(app.backend.get_key_for_task("t-0"), b"{not ours")
    assert [task_id for task_id in ids if isinstance(answers[task_id], ev.Completed)] == ids[::2]
    assert read["cmdstat_mget"]["calls"] == 1
    assert "cmdstat_get" not in read
    assert ask(ids) == {**answers, "t-0": None}


def test_one_that_answers_one_by_one_is_asked_for_the_rest(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database's answers take their time: what came within the bound counts."""
    monkeypatch.setattr(result_backend, "ASK_S", 3 * ASK_S)
    app = build(f"db+sqlite:///{tmp_path}/results.db")
    ids = [f"t-{n}" for n in range(3)]
    for task_id in ids:
        app.backend.store_result(task_id, 1, "SUCCESS")
    # A call begins with the rest of the last one's read.
    kind, turns = type(app.backend), threading.Semaphore(1)
    read = kind.get_task_meta

    def slowly(backend: object, task_id: str) -> object:
        assert turns.acquire(timeout=PATIENCE_S)
        return read(backend, task_id)

    monkeypatch.setattr(kind, "get_task_meta", slowly)  # each thread has a backend of its own
    ask, known = ResultBackend(app).ask, {}
    while len(known) < len(ids):
        answers = ask([task_id for task_id in ids if task_id not in known])
        assert len(answers) == 1
        known.update(answers)
        turns.release(2)
    assert {type(end).__name__ for end in known.values()} == {"Completed"}


def test_times_are_read_as_celery_writes_them() -> None:
    noon = datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert done_at("2025-01-01T12:00:00+00:00") == done_at("2025-01-01T12:00:00") == noon
    assert done_at(datetime(2025, 1, 1, 12)) == noon  # noqa: DTZ001 - as databases give it
    assert done_at(noon.astimezone(timezone(timedelta(hours=9)))) == noon
    assert done_at(None) is None
    assert done_at("soon") is None


def test_one_that_hangs_is_asked_once_and_keeps_no_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        code = f"""
import time
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import Celery
from celery.exceptions import Reject
from progress_backend.tracking.result_backend import ResultBackend
app = Celery("asked", broker="memory://", backend="redis://127.0.0.1:{hanging.getsockname()[1]}/0")
ask, took = ResultBackend(app).ask, []
for ids in (["t", "u"], ["t"], ["t"], ["t"]):
    began = time.monotonic()
    assert ask(ids) == {{}}
    took.append(time.monotonic() - began)
assert took[0] >= {ASK_S}
assert min(took[1:]) < {ASK_S} / 2, took
"""
        subprocess.run([sys.executable, "-c", code], check=True, timeout=300, cwd=tmp_path)


def test_a_native_thread_of_a_gevent_worker_is_answered(redis_url: str, tmp_path: Path) -> None:
    """As the lease's thread asks; what it asks with was made in the main thread."""
    code = f"""
from gevent import monkey
monkey.patch_all()
import time
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery import Celery
from celery.exceptions import Reject
from progress_backend.daemon import native_daemon
from progress_backend.tracking import result_backend
result_backend.ASK_S = {PATIENCE_S}
app = Celery("asked", broker="memory://", backend="{redis_url}")
app.backend.store_result("t", 1, "SUCCESS")
ask, answers = result_backend.ResultBackend(app).ask, []
native_daemon("asking", lambda: answers.extend(ask(["t"])["t"] for _ in range(3)))
deadline = time.monotonic() + {PATIENCE_S}
while len(answers) < 3 and time.monotonic() < deadline:
    time.sleep(0.01)  # lets gevent's hub run, up to the deadline
assert [type(answer).__name__ for answer in answers] == ["Completed"] * 3, answers
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300, cwd=tmp_path)


@pytest.mark.usefixtures("patient")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_fork_waits_for_whatever_lock_a_backend_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLAlchemy's mappers have one, drivers and imports have theirs: none is in the child."""
    monkeypatch.setattr("progress_backend.runs.fork_guard.WAIT_S", PATIENCE_S)
    app = Celery("proj", backend="cache+memory://", set_as_current=False)
    lock, asked, answered = threading.Lock(), threading.Event(), threading.Event()

    def slow(backend: object, task_id: str) -> dict[str, str]:
        with lock:
            asked.set()
            answered.wait(60)
            return {"status": "PENDING"}

    monkeypatch.setattr(type(app.backend), "get_task_meta", slow)
    answers: list[object] = []
    ask = ResultBackend(app).ask
    threading.Thread(target=lambda: answers.append(ask(["a"])), daemon=True).start()
    assert asked.wait(60)
    threading.Timer(0.3, answered.set).start()
    if (child := os.fork()) == 0:
        os._exit(0 if lock.acquire(timeout=60) else 1)
    assert os.waitpid(child, 0)[1] == 0
    eventually(lambda: answers == [{"a": None}])
