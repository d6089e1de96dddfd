"""The whole thing as a person starts it: up without set-up, and gone without a trace."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
import redis

from tests.conftest import StartService
from tests.servers import ROOT
from tests.terminals import Terminal
from tests.waiting import eventually
from tests.workers.test_launch_fleet import running

LAUNCH = [sys.executable, "-m", "workers.launch"]
UP_S = 90.0
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

    return eventually(complete, 20) or []


def all_gone(processes: list[psutil.Process]) -> None:
    eventually(lambda: not running(processes), 15, what="the end of every process of the run")


def refusal(*args: str, **environ: str) -> tuple[int, str]:
    done = subprocess.run(
        [*LAUNCH, *args],
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stderr


@pytest.mark.integration
@pytest.mark.slow
def test_the_demo_shows_every_kind_of_end_and_ends_itself(
    start_service: StartService, tmp_path: Path
) -> None:
    demo = start_service(
        [*LAUNCH, "demo", *options(tmp_path)],
        env={"PROGRESS_LOCALE": "en"},
        ready="  web ",
        timeout=UP_S,
    )
    processes = tree(demo.pid)
    assert demo.wait(120) == 0, demo.log
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
def test_kill_9_of_a_run_leaves_no_process(start_service: StartService, tmp_path: Path) -> None:
    args = [*LAUNCH, "run", *options(tmp_path)]
    run = start_service(args, env={"LC_ALL": "ja_JP.UTF-8"}, ready="  web ", timeout=UP_S)
    run.wait_for_log("実行中 .*fetch_data AAPL", 30)  # the pool is at work
    processes = tree(run.pid)
    run.signal(signal.SIGKILL)
    run.wait()
    all_gone(processes)


def in_a_second_terminal(said: str) -> None:
    """Does there what the run says, as it stands."""
    _, _, rest = said.partition("in a second terminal, in this folder:")
    # Between them the bars are drawn.
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", rest)
    export, watch, call = re.findall(r"^  ((?:export |\.venv/bin/).*)$", lines, re.MULTILINE)
    name, _, url = export.removeprefix("export ").partition("=")

    def run(line: str) -> str:
        program, *args = shlex.split(line)
        assert program.startswith(".venv/bin/")
        command = [str(Path(sys.executable).parent / Path(program).name), *args]
        env = {**os.environ, name: url, "PROGRESS_LOCALE": "en"}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    task_id = run(call)
    assert watch.endswith(" watch")
    assert "completed" in run(f"{watch} {task_id}")


@pytest.fixture
def terminal(tmp_path: Path, redis_url: str) -> Iterator[Terminal]:
    """A run in an English terminal, on the tests' own store."""
    args = [*LAUNCH, "run", *options(tmp_path)]
    env = {"PROGRESS_REDIS_URL": redis_url, "LC_ALL": "en_US.UTF-8"}
    with Terminal(args, env=env, columns=80, lines=30, cwd=ROOT) as opened:
        yield opened


@pytest.mark.integration
@pytest.mark.slow
def test_a_run_shows_bars_and_addresses_and_ends_by_ctrl_c(
    terminal: Terminal, redis_url: str
) -> None:
    terminal.wait_for("Ctrl-C ends all of it", UP_S)
    terminal.wait_for(r"running +fetch_data +AAPL +━.*%.*/s", 30)
    page = re.search(r"web +(http://\S+)", terminal.written)
    flower = re.search(r"Flower +(http://\S+)", terminal.written)
    assert page is not None
    assert flower is not None
    for address in (f"{page[1]}internal/health", f"{flower[1]}healthcheck"):
        with urlopen(address, timeout=10) as response:
            assert response.status == 200
    assert "starting price source, worker, beat, API and Flower: " in terminal.written
    assert f"  export PROGRESS_REDIS_URL={redis_url}\r\n" in terminal.written
    in_a_second_terminal(terminal.written)
    processes = tree(terminal.pid, PROCESSES)
    terminal.write(b"\x03")
    assert terminal.wait(30) == 0
    all_gone(processes)
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping(), "a store that was named is not ours to end"


@pytest.mark.integration
@pytest.mark.long
def test_a_terminal_that_is_closed_ends_the_run(tmp_path: Path) -> None:
    # As make starts a recipe: the closing's signal reaches the terminal's first process alone. In a
    # terminal of the size that is taken for one without a size, no write fails either.
    code = (
        "import signal, subprocess; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        f"subprocess.run({[*LAUNCH, 'run', *options(tmp_path, delay_ms=0)]!r}, preexec_fn="
        "lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))"
    )
    env = {"MAKELEVEL": "1", "PROGRESS_LOCALE": "en"}
    with Terminal([sys.executable, "-c", code], env=env, columns=80, lines=25, cwd=ROOT) as opened:
        opened.wait_for("completed 14", UP_S)  # five jobs, and the members of a chord
        processes = tree(opened.pid)
        opened.close()
        all_gone(processes)


@pytest.mark.integration
@pytest.mark.slow
def test_a_part_that_dies_ends_the_run_and_is_told(
    start_service: StartService, tmp_path: Path
) -> None:
    run = start_service([*LAUNCH, "run", *options(tmp_path)], ready="Ctrl-C", timeout=UP_S)
    processes = tree(run.pid)
    beat = next(process for process in processes if "beat" in process.cmdline())
    beat.kill()
    assert run.wait(30) == 1
    assert re.search(r"beat was ended by SIGKILL; the last lines of .*beat\.log:\n  \|", run.log)
    all_gone(processes)


@pytest.mark.integration
@pytest.mark.long
def test_kill_9_of_make_ends_the_run(start_service: StartService, tmp_path: Path) -> None:
    # As make starts a recipe; when it is killed, no signal reaches what it started.
    code = f"import subprocess; subprocess.run({[*LAUNCH, 'run', *options(tmp_path)]!r})"
    make = start_service(
        [sys.executable, "-c", code], env={"MAKELEVEL": "1"}, ready="Ctrl-C", timeout=UP_S
    )
    (run,) = make.children()[:1]
    processes = [run, *tree(run.pid)]
    make.signal(signal.SIGKILL)
    make.wait()
    all_gone(processes)


def test_without_the_packages_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE, str(ROOT)],
        capture_output=True,
        text=True,
        timeout=30,
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
    code, said = refusal("run", *options(tmp_path), PROGRESS_REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert said.startswith("progress-backend: the store redis://127.0.0.1:1/0 does not answer")
    assert said.count("\n") == 1


def test_ports_in_use_are_told_at_once(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        ports = [taken.getsockname()[1] for taken in (one, two)]
        code, said = refusal("run", *options(tmp_path, port=ports[0], flower_port=ports[1]))
    assert code == 1
    api, flower = said.splitlines()
    assert f"API: port {ports[0]} of 127.0.0.1 is in use" in api
    assert "API_PORT=" in api
    assert f"Flower: port {ports[1]} of 127.0.0.1 is in use" in flower
    assert "FLOWER_PORT=" in flower


def test_no_port_is_refused(tmp_path: Path) -> None:
    code, said = refusal("run", API_PORT="eighty")
    assert code == 2
    assert "'eighty' is no port" in said
