"""`progress-backend demo` as a newcomer types it: no server, no project, one command."""

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

from tests.fleet import all_gone
from tests.servers import ROOT, START_S
from tests.waiting import eventually

pytestmark = [pytest.mark.integration, pytest.mark.slow]
PROGRAM = str(Path(sys.executable).parent / "progress-backend")
#: `make demo`, in the stage of CI that proves it.
MAKE = os.environ.get("PROGRESS_TEST_MAKE_DEMO")

#: Of a reader's own project, which the demo leaves alone: nothing listens there.
OWN = {
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "CELERY_RESULT_BACKEND": "redis://127.0.0.1:1/0",
    "PROGRESS_ENABLED": "0",
    "PROGRESS_READ_ONLY": "1",
}


@pytest.mark.parametrize("insecure", [False, True])
def test_it_shows_each_end_and_leaves_nothing_running(tmp_path: Path, insecure: bool) -> None:
    given = ["--port", "0", *(["--insecure"] if insecure else [])]
    command = ["make", "demo", f"ARGS={' '.join(given)}"] if MAKE else [PROGRAM, "demo", *given]
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PROGRESS_", "CELERY_"))}
    output = tmp_path / "output"
    with output.open("wb") as out:
        demo = subprocess.Popen(
            command, start_new_session=True, cwd=ROOT if MAKE else tmp_path,
            env={**bare, **OWN, "LANG": "en_US.UTF-8"}, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        line = re.compile(r"^http://\S+", re.MULTILINE)
        found = eventually(lambda: line.search(output.read_text()), START_S)
        assert found is not None, output.read_text()

        def tasks() -> list[dict[str, Any]]:
            answer = httpx.get(f"{found[0]}internal/tasks?limit=50", timeout=60)
            return list(answer.raise_for_status().json()["tasks"])

        def shows_all() -> bool:
            rows = tasks()
            errors = " ".join(str(row["error_message"]) for row in rows)
            return (
                {"running", "completed", "error", "cancelled"} <= {row["status"] for row in rows}
                and "LookupError: there is no symbol NOSUCH" in errors
                and "SIGKILL" in errors
                and [row["symbol"] for row in rows].count("NOSUCH") == 2  # it was run again
                and len({row["workflow"]["id"] for row in rows if "workflow" in row}) == 2
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
        os.killpg(demo.pid, signal.SIGINT)  # as a terminal does
        code = demo.wait(60)
    assert code in ({0, -signal.SIGINT, 2} if MAKE else {0}), output.read_text()
    printed = output.read_text()
    assert re.search(r"^Redis [\d.]+ s( · (worker|page) [\d.]+ s){2}$", printed, re.MULTILINE)
    assert re.search(r"^stopping …$", printed, re.MULTILINE)
    all_gone(started)
