"""Django's tasks on Celery: what a site gets, with a real worker."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import redis

from progress_backend import RedisProgressService, get_task
from tests.django.running import Start, ended
from tests.servers import ROOT
from tests.waiting import eventually

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")


@pytest.mark.parametrize("use_tz", [True, False])
def test_it_runs_tasks_and_gives_their_results(
    site: Any, start: Start, monkeypatch: pytest.MonkeyPatch, use_tz: bool
) -> None:
    from tests.django import jobs

    monkeypatch.setattr("django.conf.settings.USE_TZ", use_tz)
    start(env={"SITE_USE_TZ": f"{use_tz:d}"})
    sync, later = jobs.add.enqueue(1, b=2), asyncio.run(jobs.add_async.aenqueue(3, b=4))
    assert (sync.status, later.status) == ("READY", "READY")
    assert (ended(sync).return_value, ended(later).return_value) == (3, 7)
    found = jobs.add.get_result(sync.id)
    assert (found.args, found.kwargs, found.attempts) == ([1], {"b": 2}, 1)
    assert found.worker_ids == ["worker@tests"]
    assert found.enqueued_at == sync.enqueued_at <= found.started_at <= found.finished_at
    assert (found.finished_at.tzinfo is not None) == use_tz
    record = get_task(site, sync.id)
    assert (record["task_type"], record["results"]) == ("tests.django.jobs.add", {"result": 3})
    assert record.get("again") is None, "it is marked for keeping, not for starting"


def test_an_error_has_its_class_and_traceback(site: Any, start: Start) -> None:
    from tests.django import jobs

    start()
    names = ("decline", "decline_locally", "leave", "unwritable", "die")
    results = {}
    for name in names:
        given = ["no money"] if name == "decline" else []
        results[name] = getattr(jobs, name).enqueue(*given)
    errors = {name: ended(result).errors[0] for name, result in results.items()}
    assert errors["decline"].exception_class is jobs.Declined
    assert errors["leave"].exception_class is SystemExit
    assert errors["unwritable"].exception_class is TypeError
    assert errors["die"].exception_class.__name__ == "WorkerLostError"
    record = get_task(site, results["decline"].id)
    assert record["error_message"] == "tests.django.jobs.Declined: no money"
    assert record.get("error_code") is None, "it is no text of the job's own"
    with pytest.raises(ImportError):
        errors["decline_locally"].exception_class  # noqa: B018

    def traced() -> bool:
        (error,) = jobs.decline.get_result(results["decline"].id).errors
        frame, line = "in decline", "tests.django.jobs.Declined: no money\n"
        return frame in error.traceback and error.traceback.endswith(line)

    eventually(traced, 60)


def test_it_finds_no_result_where_there_is_none(
    site: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.tasks import default_task_backend, task_backends
    from django.tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch

    from tests.django import jobs

    result = jobs.add.enqueue(1)
    with pytest.raises(TaskResultMismatch):
        jobs.decline.get_result(result.id)
    with pytest.raises(TaskResultDoesNotExist):
        jobs.add.get_result(str(uuid4()))
    with pytest.raises(TaskResultDoesNotExist):
        task_backends["second"].get_result(result.id)
    moved = jobs.decline.enqueue("why")
    monkeypatch.delattr(jobs, "decline")
    with caplog.at_level(logging.WARNING), pytest.raises(TaskResultDoesNotExist):
        default_task_backend.get_result(moved.id)
    assert "decline" in caplog.text


def test_no_module_is_imported_that_another_program_names(site: Any, redis_url: str) -> None:
    from django.tasks import default_task_backend
    from django.tasks.exceptions import TaskResultDoesNotExist

    from tests.django.proj import startable

    async def created() -> str:
        async with RedisProgressService(redis_url) as service:
            return await service.create_task("this.s", None)

    for task_id in (asyncio.run(created()), startable.delay().id):
        assert get_task(site, task_id)["task_type"] == "this.s"  # type: ignore[index]  # it exists
        with pytest.raises(TaskResultDoesNotExist):
            default_task_backend.get_result(task_id)
    assert "this" not in sys.modules


def test_arguments_are_kept_as_long_as_the_record(site: Any, start: Start, redis_url: str) -> None:
    from tests.django import jobs

    result = jobs.add.enqueue(1, b=2)
    large = jobs.add.enqueue(70_000 * "x")
    assert jobs.add.get_result(large.id).args == [], "not kept"
    with redis.Redis.from_url(redis_url) as client:
        (key,) = (one for one in client.scan_iter("*message*") if result.id in one.decode())
        client.pexpire(key, 600_000)
        start()
        ended(result)
        record_ms = client.pttl(f"task:{result.id}")
        assert abs(client.pttl(key) - record_ms) < 60_000, "it lasts as the record"


@pytest.mark.parametrize("size", [1_000, 300_000])
def test_a_large_return_value_is_celerys(site: Any, start: Start, size: int) -> None:
    from tests.django import jobs

    start()
    assert ended(jobs.large.enqueue(size)).return_value == "x" * size


def test_a_task_has_its_progress_and_can_be_cancelled(site: Any, start: Start) -> None:
    from tests.django import jobs

    start()
    counted = jobs.count.enqueue(5)
    assert ended(counted).return_value == [counted.id, 1]
    going = jobs.count_on.enqueue()

    def counts() -> bool:
        record = get_task(site, going.id)
        return record is not None and record["progress"]["current"] > 0

    eventually(counts, 60)
    going.refresh()
    assert going.status == "RUNNING"
    site.control.revoke(going.id, terminate=True)
    assert ended(going).status == "FAILED"
    assert going.errors[0].exception_class.__name__ == "TaskRevokedError"


def test_a_cancelled_task_ends_at_its_next_report(site: Any, start: Start, redis_url: str) -> None:
    from tests.django import jobs

    start()
    going = jobs.count_on.enqueue()
    eventually(lambda: jobs.count_on.get_result(going.id).status == "RUNNING", 60)

    async def cancel() -> None:
        async with RedisProgressService(redis_url) as service:
            await service.cancel_task(going.id)

    asyncio.run(cancel())
    assert ended(going).status == "FAILED"
    assert going.errors[0].exception_class.__name__ == "TaskRevokedError"
    assert ended(jobs.add.enqueue(1)).return_value == 1, "the worker's process is free"


def test_a_run_of_a_dead_worker_is_ready_until_its_message_comes_again(
    site: Any, start: Start
) -> None:
    from tests.django import jobs

    late = {"CELERY_TASK_ACKS_LATE": "1", "PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}
    worker = start(env=late)
    going = jobs.count_on.enqueue()
    eventually(lambda: jobs.count_on.get_result(going.id).status == "RUNNING", 60)
    for process in (*worker.children(), worker.pid):
        process.kill() if hasattr(process, "kill") else os.kill(process, signal.SIGKILL)
    start(env=late, name="other", args=("-Q", "unused"))
    eventually(lambda: jobs.count_on.get_result(going.id).status == "READY", 60)
    record = get_task(site, going.id)
    assert (record["status"], record["error_cause"], record["final"]) == ("error", "lost", False)


def test_a_backend_that_raises_leaves_the_others_and_the_lease(site: Any, start: Start) -> None:
    from tests.django import jobs

    soon = {"PROGRESS_LEASE_S": "3", "PROGRESS_REAP_INTERVAL_S": "1"}
    worker = start(env={**soon, "SITE_BROKEN": "1"})
    going = jobs.count_on.enqueue()
    eventually(lambda: jobs.count_on.get_result(going.id).status == "RUNNING", 60)
    assert "not configured" in worker.log
    worker.kill()
    start(env=soon, name="other", args=("-Q", "unused"))
    assert ended(going).errors[0].exception_class.__name__ == "WorkerLostError"


def test_queues_and_backends_are_those_of_the_call(site: Any, start: Start) -> None:
    from django.tasks.exceptions import InvalidTask

    from tests.django import jobs

    start()
    other, second = jobs.add.using(queue_name="other"), jobs.add.using(backend="second")
    assert ended(other.enqueue(1)).task == other
    assert ended(second.enqueue(2)).backend == "second"
    with pytest.raises(InvalidTask):
        jobs.add.using(queue_name="elsewhere")


@pytest.mark.parametrize("use_tz", [True, False])
def test_a_task_waits_for_its_time(
    site: Any, monkeypatch: pytest.MonkeyPatch, use_tz: bool
) -> None:
    from django.utils import timezone

    from tests.django import jobs

    monkeypatch.setattr("django.conf.settings.USE_TZ", use_tz)
    soon = timezone.now() + timedelta(minutes=9)
    result = jobs.add.using(run_after=soon).enqueue(1)
    found = jobs.add.get_result(result.id)
    assert (found, found.task.run_after) == (result, soon)
    record = get_task(site, result.id)
    left = datetime.fromisoformat(record["eta"]) - datetime.now(UTC)
    assert timedelta(minutes=8) < left <= timedelta(minutes=9)


def test_signals_are_sent_here_and_in_the_worker(site: Any, start: Start) -> None:
    from django.tasks.signals import task_enqueued

    from tests.django import jobs

    sent: list[str] = []

    def enqueued(sender: type, task_result: Any, **_: Any) -> None:
        sent.append(task_result.id)

    task_enqueued.connect(enqueued)
    start(env={"SITE_NOTES": "1"})
    results = [jobs.add.enqueue(1), jobs.decline.enqueue("why")]
    for result in results:
        ended(result)
    task_enqueued.disconnect(enqueued)
    assert sent == [result.id for result in results]
    with site.connection_for_read() as connection:
        queue = connection.SimpleQueue("noted")
        noted = [queue.get(timeout=30).payload for _ in range(4)]
        queue.close()
    expected = [("RUNNING", 0, 0), ("SUCCESSFUL", 0, 0), ("RUNNING", 1, 0), ("FAILED", 1, 1)]
    assert noted == [
        ["CeleryBackend", status, results[which].id, errors] for status, which, errors in expected
    ]


def test_another_process_reads_results_after_all_have_restarted(site: Any, start: Start) -> None:
    from tests.django import jobs

    worker = start()
    result = ended(jobs.add.enqueue(40, b=2))
    worker.stop()
    code = (
        "import django, json, sys; django.setup(); import tests.django.proj as p;"
        "from tests.django.jobs import add; found = add.get_result(sys.argv[1]);"
        "print(json.dumps([found.return_value, found.args, found.kwargs]))"
    )
    command = [sys.executable, "-c", code, result.id]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [42, [40], {"b": 2}]


def test_check_names_what_is_wrong(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import Celery
    from django.tasks import default_task_backend

    assert default_task_backend.check() == []
    monkeypatch.setenv("CELERY_BROKER_URL", "nosuch://broker")
    Celery("bare", set_as_current=False).set_default()
    ids = [one.id for one in default_task_backend.check()]
    assert ids == ["progress_backend.E001", "progress_backend.E002"]


def test_arguments_of_another_signer_are_not_shown(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from progress_backend.tracking.tracker import tracker_of
    from tests.django import jobs

    result = jobs.add.enqueue(1)
    assert jobs.add.get_result(result.id).args == [1]
    tracker = tracker_of(site)
    store = tracker.reader()
    with_keys = dataclasses.replace(store.settings, signing_keys=("k" * 32,))
    monkeypatch.setattr(store, "settings", with_keys)
    assert jobs.add.get_result(result.id).args == []
