"""The whole thing as a person starts it: up without set-up, and gone without a trace."""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from tests.conftest import StartService
from tests.fleet import all_gone
from tests.servers import ROOT, ran

LAUNCH = [sys.executable, "-m", "workers.launch"]
#: Longer than a run waits for its parts.
UP_S = 180.0


def options(folder: Path) -> list[str]:
    return ["--port=0", "--flower-port=0", f"--folder={folder}", "--delay-ms=100"]


def refusal(*args: str, **environ: str) -> tuple[int, str]:
    done = ran([*LAUNCH, *args], env={**os.environ, **environ}, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_leaves_nothing_however_it_ends(
    start_service: StartService, tmp_path: Path, number: signal.Signals
) -> None:
    run = start_service([*LAUNCH, *options(tmp_path)], ready="Ctrl-C", timeout=UP_S)
    processes = psutil.Process(run.pid).children(recursive=True)
    assert len(processes) >= 8, "store, five parts, and the worker's pool of two"
    if number == signal.SIGINT:
        page = re.search(r"page +(http://\S+)", run.log)
        flower = re.search(r"Flower +(http://\S+)", run.log)
        assert page, run.log
        assert flower, run.log
        for address in (f"{page[1]}internal/health", f"{flower[1]}/healthcheck"):
            with urlopen(address, timeout=60) as response:
                assert response.status == 200
        # What it prints for a second terminal, typed there; this environment's programs stand in.
        printed = re.search(r"in a second terminal.*\n((?:  .+\n){3})", run.log)
        assert printed, run.log
        programs = f"{Path(sys.executable).parent}/"
        export, watch, call = printed[1].replace(".venv/bin/", programs).splitlines()
        name, _, url = export.strip().removeprefix("export ").partition("=")
        env = {**os.environ, name: url}
        watching = start_service(shlex.split(watch), env={name: url}, ready=r"\S")
        task = subprocess.check_output(shlex.split(call), cwd=ROOT, env=env, text=True, timeout=300)
        watching.wait_for_log(rf"fetch_data AAPL .*{task.strip()}")
        watching.kill()
    run.signal(number)
    assert run.wait(60) == {signal.SIGINT: 0, signal.SIGTERM: 143, signal.SIGKILL: -9}[number]
    all_gone(processes)


def test_a_part_that_ends_is_named_with_its_last_lines(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, output = refusal(*options(tmp_path), f"--port={port}")
    assert code == 1
    assert re.search(rf"API did not start:\n(.*\n)*.*{port}", output), output


def test_a_store_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    code, output = refusal(*options(tmp_path), PROGRESS_REDIS_URL="redis://127.0.0.1:1/0")
    assert code == 1
    assert output.startswith("Error: ")
    assert "redis://127.0.0.1:1/0" in output
    assert output.count("\n") == 1


def test_no_port_is_refused(tmp_path: Path) -> None:
    code, output = refusal(API_PORT="eighty")
    assert code == 2
    assert "'eighty'" in output
