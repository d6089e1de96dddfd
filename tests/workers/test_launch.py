"""The whole thing as a person starts it: up without set-up, and gone without a trace."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.conftest import StartService
from tests.servers import ROOT
from tests.waiting import eventually
from tests.workers.test_launch_fleet import running

LAUNCH = [sys.executable, "-m", "workers.launch"]
#: Longer than a run waits for its parts, and a demo for its jobs.
UP_S, DEMO_S = 180.0, 300.0
#: The processes of a run but its store: the guard, the five parts, and the worker's pool of two.
PROCESSES = 8


def options(folder: Path, **more: object) -> list[str]:
    given = {"port": 0, "flower_port": 0, "folder": folder, "delay_ms": 100, **more}
    return [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]


def tree(pid: int, count: int = PROCESSES + 1) -> list[psutil.Process]:
    """All that a process has started, once it is complete."""

    def complete() -> list[psutil.Process] | None:
        found = psutil.Process(pid).children(recursive=True)
        return found if len(found) >= count else None

    return eventually(complete) or []


def all_gone(processes: list[psutil.Process]) -> None:
    eventually(lambda: not running(processes), what="the end of every process of the run")


def refusal(*args: str, **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [*LAUNCH, *args],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stderr


@pytest.mark.integration
@pytest.mark.slow
def test_the_demo_shows_every_kind_of_end_and_ends_itself(
    start_service: StartService, tmp_path: Path
) -> None:
    demo = start_service(
        [*LAUNCH, "demo", *options(tmp_path)],
        env={"LC_ALL": "C.UTF-8"},  # English, as `progress-backend demo` there
        ready="  web ",
        timeout=UP_S,
    )
    processes = tree(demo.pid)
    page = eventually(lambda: re.search(r"web +(http://\S+)", demo.log))
    flower = eventually(lambda: re.search(r"Flower +(http://\S+)", demo.log))
    for address in (f"{page[1]}internal/health", f"{flower[1]}healthcheck"):
        with urlopen(address, timeout=60) as response:
            assert response.status == 200
    assert demo.wait(DEMO_S) == 0, demo.log
    for pattern in (
        r"completed +100% .*fetch_data AAPL",
        r"completed +100% .*bulk_import",
        r"cancelled .*fetch_data GOOG",
        r"error .*fetch_data NOSUCH .*knows no symbol NOSUCH",
        "demo: all 8 jobs ended as they should",
        "fetch_data ×8  9 of 9 tasks have ended",
        "To keep it all running.*make run",
    ):
        assert re.search(pattern, demo.log), f"{pattern}\n{demo.log}"
    assert len(demo.log.splitlines()) < 100
    all_gone(processes)


@pytest.mark.integration
@pytest.mark.slow
def test_ctrl_c_ends_a_run(start_service: StartService, tmp_path: Path) -> None:
    run = start_service([*LAUNCH, "run", *options(tmp_path)], ready="Ctrl-C", timeout=UP_S)
    processes = tree(run.pid)
    # What it prints for a second terminal, typed there; this environment's programs stand in.
    printed = re.search(r"in a second terminal.*\n((?:  .+\n){3})", run.log)
    assert printed, run.log
    programs = f"{Path(sys.executable).parent}/"
    export, watch, call = printed[1].replace(".venv/bin/", programs).splitlines()
    name, _, url = export.strip().removeprefix("export ").partition("=")
    watching = start_service(shlex.split(watch), env={name: url}, ready=r"\S")
    done = subprocess.run(
        shlex.split(call),
        cwd=ROOT,
        env={**os.environ, name: url},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    watching.wait_for_log(rf"fetch_data AAPL .*{done.stdout.strip()}")
    watching.kill()
    run.signal(signal.SIGINT)
    assert run.wait(60) == 0
    all_gone(processes)


def test_without_the_packages_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 1
    assert re.fullmatch(r"progress-backend: celery, .* not installed .* `make run`\n", done.stderr)


BARE = """
import runpy, sys
sys.path.insert(0, sys.argv[1])
sys.argv = ["launch", "run"]
runpy.run_module("workers.launch", run_name="__main__")
"""


def test_a_store_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    code, output = refusal("run", *options(tmp_path), PROGRESS_REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert output.startswith("progress-backend: the store redis://127.0.0.1:1/0 does not answer")
    assert output.count("\n") == 1


def test_no_port_is_refused(tmp_path: Path) -> None:
    code, output = refusal("run", API_PORT="eighty")
    assert code == 2
    assert "'eighty' is no port" in output
