"""The Celery application, configured from the environment, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.servers import ROOT

SHOW = """
import json
from workers.app import app
app.loader.import_default_modules()
app.finalize()
names = ("broker_url", "result_backend", "task_serializer", "accept_content", "timezone",
         "task_track_started", "worker_send_task_events", "task_send_sent_event",
         "result_extended", "broker_connection_retry_on_startup")
print(json.dumps({"tasks": sorted(app.tasks)} | {name: app.conf[name] for name in names}))
"""


def configured(**env: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SHOW],
        env={**os.environ, **env},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    shown: dict[str, Any] = json.loads(done.stdout)
    return shown


def test_it_has_the_two_jobs_and_what_flower_lives_on() -> None:
    shown = configured()
    assert {"fetch_data", "bulk_import"} <= set(shown["tasks"])
    for name in (
        "task_track_started",
        "worker_send_task_events",
        "task_send_sent_event",
        "result_extended",
        "broker_connection_retry_on_startup",
    ):
        assert shown[name] is True, name
    assert (shown["task_serializer"], shown["accept_content"]) == ("json", ["json"])
    assert shown["timezone"] == "Asia/Tokyo"


A, B, C = (f"redis://127.0.0.1:1/{n}" for n in range(3))


@pytest.mark.parametrize(
    ("env", "broker", "results"),
    [
        ({}, "redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ({"PROGRESS_REDIS_URL": A}, A, A),
        ({"PROGRESS_REDIS_URL": A, "CELERY_BROKER_URL": B}, B, A),
        ({"CELERY_BROKER_URL": B, "CELERY_RESULT_BACKEND": C}, B, C),
        ({"PROGRESS_REDIS_URL": "redis+cluster://h", "CELERY_BROKER_URL": B}, B, B),
        ({"PROGRESS_REDIS_URL": "", "CELERY_BROKER_URL": ""}, "redis://127.0.0.1:6379/0", None),
    ],
)
def test_urls_come_from_the_environment(
    env: dict[str, str], broker: str, results: str | None
) -> None:
    shown = configured(**env)
    assert shown["broker_url"] == broker
    assert shown["result_backend"] == (results or broker)
