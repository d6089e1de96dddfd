"""`progress-backend demo` as a newcomer types it: no server, no project, one command."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.servers import START_S
from tests.waiting import eventually
from tests.workers.test_launch import all_gone

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PROGRAM = str(Path(sys.executable).parent / "progress-backend")

#: Of a reader's own project, which the demo leaves alone: nothing listens there.
OWN = {
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "CELERY_RESULT_BACKEND": "redis://127.0.0.1:1/0",
    "PROGRESS_ENABLED": "0",
    "PROGRESS_READ_ONLY": "1",
}


@pytest.mark.parametrize("insecure", [False, True])
def test_it_shows_each_end_and_leaves_nothing_running(tmp_path: Path, insecure: bool) -> None:
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PROGRESS_", "CELERY_"))}
    output = tmp_path / "output"
    with output.open("wb") as out:
        demo = subprocess.Popen(
            [PROGRAM, "demo", "--port", "0", *(["--insecure"] if insecure else [])],
            cwd=tmp_path, env={**bare, **OWN, "LANG": "en_US.UTF-8"}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        found = eventually(lambda: re.search(r"^http://\S+", output.read_text()), START_S)
        assert found is not None, output.read_text()

        def tasks() -> list[dict[str, Any]]:
            answer = httpx.get(f"{found[0]}internal/tasks?limit=50", timeout=60)
            return list(answer.raise_for_status().json()["tasks"])

        def shows_all() -> bool:
            rows = tasks()
            errors = " ".join(str(row["error_message"]) for row in rows)
            return (
                {"running", "completed", "error"} <= {row["status"] for row in rows}
                and "LookupError: there is no symbol NOSUCH" in errors
                and "SIGKILL" in errors
                and [row["symbol"] for row in rows].count("NOSUCH") == 2  # it was run again
            )

        eventually(shows_all, 2 * START_S, what="one of each end, and one that runs")
        assert "<title>" in httpx.get(found[0], timeout=60).text
        forwarded = {"X-Forwarded-For": "192.0.2.2"}
        answer = httpx.get(f"{found[0]}internal/tasks", headers=forwarded, timeout=60)
        assert answer.status_code == (200 if insecure else 403)
        # It prints what to type if an editor forwards the port.
        assert ("demo --insecure" in output.read_text()) is not insecure
    finally:
        started = psutil.Process(demo.pid).children(recursive=True)
        demo.send_signal(signal.SIGINT)
        code = demo.wait(60)
    assert code == 0, output.read_text()
    all_gone(started)
