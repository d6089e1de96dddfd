"""An app that nothing refers to any more is freed with all that tracking has of it."""

import gc
import threading
import weakref
from typing import Any

import pytest
from celery import Celery, signals

from progress_backend import ProgressNotifier, install
from tests.apps import in_process
from tests.waiting import eventually

SIGNALS = (signals.task_prerun, signals.before_task_publish, signals.worker_process_shutdown)


def dropped(url: str, *, used: bool) -> weakref.ref[Celery]:
    app = Celery("dropped", set_as_current=False)
    app.conf.update(in_process("dropped"))
    install(app, redis_url=url, update_interval_s=0, track="all")

    @app.task(bind=True, name="counts", shared=False)
    def counts(self: Any) -> None:
        ProgressNotifier(self).update(1, 3)

    if used:
        counts.apply()
        counts.delay()
    return weakref.ref(app)


def living() -> list[int]:
    return [len(signal._live_receivers(None)) for signal in SIGNALS]


@pytest.mark.parametrize("used", [False, True])
def test_an_app_that_is_dropped_is_freed(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, used: bool
) -> None:
    monkeypatch.setattr("progress_backend.runs.sender_thread.IDLE_S", 0.1)
    dropped(redis_url, used=used)  # the first app connects the process's handlers
    gc.collect()  # of it, and of the tests before
    receivers, threads = living(), threading.active_count()
    apps = [dropped(redis_url, used=used) for _ in range(3)]

    def gone() -> bool:
        gc.collect()
        return not any(app() for app in apps)

    eventually(gone)
    eventually(lambda: threading.active_count() <= threads)
    assert all(now <= then for now, then in zip(living(), receivers, strict=True))
