"""What surrounds a publish of Django's tasks: transactions, priorities, moved code, restarts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from progress_backend import get_task
from tests.django.running import Start, ended, run_here, use
from tests.waiting import eventually

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")
pytestmark = pytest.mark.integration


def test_a_task_is_published_at_once_or_at_the_commit(site: Any) -> None:
    from django.db import transaction

    from tests.django import jobs

    def waiting() -> int:
        with site.connection_for_read() as connection:
            return int(connection.default_channel._size("celery"))

    later = partial(transaction.on_commit, partial(jobs.add.enqueue, 1))
    with transaction.atomic():
        later()
        assert waiting() == 0
        jobs.add.enqueue(2)
        assert waiting() == 1
    assert waiting() == 2
    with suppress(ZeroDivisionError), transaction.atomic():
        later()
        raise ZeroDivisionError
    assert waiting() == 2


def test_a_moved_function_runs_where_its_old_place_names_it(
    site: Any, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from django.tasks import default_task_backend
    from django.tasks.exceptions import TaskResultDoesNotExist

    from tests.django import jobs, moved

    results = {}
    for place in (moved.__name__, "tests.django.gone"):
        with monkeypatch.context() as before:
            before.setattr(jobs.add.func, "__module__", place)  # as it was published
            results[place] = jobs.add.enqueue(1, b=2)
    start()
    assert ended(results[moved.__name__]).return_value == 3
    gone = results["tests.django.gone"].id

    def failed() -> bool:
        record = get_task(site, gone)
        return record is not None and record["status"] == "error"

    eventually(failed, 60)
    with pytest.raises(TaskResultDoesNotExist):
        default_task_backend.get_result(gone)
    assert "tests.django.gone" in caplog.text


def test_results_outlive_a_restart_of_redis(
    site: Any, start_server: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.django import jobs

    server = start_server(data_dir=tmp_path, appendonly=True)
    use(server.url, server.url, monkeypatch)
    first, second = jobs.add.enqueue(1, b=2), jobs.add.enqueue(3)
    server.stop()
    server.start()
    assert jobs.add.get_result(first.id).args == [1]
    run_here(second, first)
    assert (first.return_value, second.return_value) == (3, 3)


def test_a_priority_goes_ahead(site: Any) -> None:
    from tests.django import jobs

    first, second, third = (jobs.add.using(priority=p).enqueue(p) for p in (-100, 0, 100))
    assert run_here(first, second, third) == [third.id, second.id, first.id]
