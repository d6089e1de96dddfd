"""Django's own tests of its tasks, and applications that others made for them, with our backend."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import missing
from tests.django.conftest import SETTINGS
from tests.sdist import unpacked
from tests.servers import ROOT

pytest.importorskip("django.tasks", reason="Django 6 needs Python 3.12")


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
