"""Django's own tests of its tasks, and applications that others made for them, with our backend."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import missing
from tests.django.conftest import SETTINGS
from tests.django.running import Start
from tests.sdist import unpacked
from tests.servers import ROOT

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")
DECLINED = "tests.django.jobs.Declined"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("overseer", [["FAILED", DECLINED, None], ["SUCCESSFUL", "", "done"]]),
        ("tasks_monitor", [DECLINED, True, True, ["{mark}"]]),
        ("maintenance_tasks", [6, 4, "0 1 2 3 4 5 "]),
    ],
)
def test_an_application_runs_on_it(
    start: Start, redis_url: str, tmp_path: Path, name: str, expected: list[Any]
) -> None:
    pytest.importorskip(name)
    urls = ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL")
    own = {"DJANGO_SETTINGS_MODULE": "tests.django.app_settings"}
    own |= {**dict.fromkeys(urls, redis_url), "SITE_DATABASE": str(tmp_path / "site.sqlite3")}
    worker = start(env=own)
    command = [sys.executable, "-m", "tests.django.applications", name, str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr[-4_000:]}\n{worker.log[-4_000:]}"
    assert done.stdout == json.dumps(expected).replace("{mark}", str(tmp_path / "mark"))


def test_djangos_own_cases_pass(redis_url: str) -> None:
    try:
        folder = unpacked("django", "tests/tasks", "LICENSE")
    except (subprocess.CalledProcessError, OSError) as error:
        missing(f"Django's source distribution from the package index ({error})")
    urls = ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL")
    env = {**os.environ, **dict.fromkeys(urls, redis_url), "DJANGO_SETTINGS_MODULE": SETTINGS}
    command = [sys.executable, "-m", "tests.django.judge", str(folder / "tests")]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-8_000:]
    ran = re.search(r"(\d+) of Django's cases, 0 failed", done.stdout)
    assert ran is not None, done.stdout
    assert int(ran[1]) > 45
