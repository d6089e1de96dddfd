"""The run's processes end together, however the process that started them ends."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.conftest import StartService
from tests.waiting import eventually
from workers.launch_fleet import Fleet, LaunchError

#: Ignores every polite request and has a child that does so too, as a pool in the middle of work.
STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.fork()
print("ready", flush=True)
time.sleep(300)
"""
OWNER = """
import json, pathlib, sys, time
from workers.launch_fleet import Fleet
folder = pathlib.Path(sys.argv[1])
with Fleet(folder, folder, orderly_s=0.5) as fleet:
    for name in ("one", "two"):
        fleet.start(name, ["-c", sys.argv[2]], lambda child: bool(child.said("ready")))
    fleet.wait_ready(20)
    print("all ready", flush=True)
    time.sleep(300)
"""


def ready(child: object) -> bool:
    return bool(child.said("ready"))  # type: ignore[attr-defined]  # any child


def running(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still are (a zombie is not)."""
    left = []
    for process in processes:
        try:
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                left.append(process)
        except psutil.NoSuchProcess:
            continue
    return left


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.wide
def test_nothing_outlives_the_owner(
    start_service: StartService, tmp_path: Path, number: signal.Signals
) -> None:
    owner = start_service([sys.executable, "-c", OWNER, tmp_path, STUBBORN], ready="all ready")
    children = owner.children()
    assert len(children) == 5, "a guard, and two processes with a child each"
    owner.signal(number)
    assert owner.wait() != 0
    eventually(lambda: not running(children), what="the end of all that it started")


def test_an_ended_child_is_reported_with_its_last_lines(tmp_path: Path) -> None:
    dying = (
        'import sys\nprint("ready\\nwhat went wrong", flush=True)\nsys.stdin.read()\nsys.exit(3)'
    )
    with Fleet(tmp_path, tmp_path, orderly_s=0.5) as fleet:
        fleet.start("broken", ["-c", dying], ready)
        with pytest.raises(LaunchError) as error:
            eventually(fleet.check)
    assert "broken ended with exit code 3" in str(error.value)
    assert str(tmp_path / "broken.log") in str(error.value)
    assert "| what went wrong" in str(error.value)


def test_a_child_that_never_gets_ready_is_reported(tmp_path: Path) -> None:
    with Fleet(tmp_path, tmp_path, orderly_s=0.5) as fleet:
        slow = 'print("still loading", flush=True)\nimport time\ntime.sleep(300)'
        child = fleet.start("slow", ["-c", slow], ready)
        eventually(lambda: child.said("loading"))
        with pytest.raises(LaunchError, match=r"(?s)not ready after 0.3 s: slow.*still loading"):
            fleet.wait_ready(0.3)


def test_what_may_be_killed_is_started_again_once_it_was_ready(tmp_path: Path) -> None:
    with Fleet(tmp_path, tmp_path, orderly_s=0.5) as fleet:
        lives = "import time; time.sleep(300)"  # until it is killed, or the fleet ends it
        child = fleet.start("worker", ["-c", lives], lambda _: True, again=True)
        first = child.process
        fleet.wait_ready(10)
        assert fleet.check() == []
        first.kill()
        eventually(lambda: fleet.check() == ["worker"])
        assert child.process.poll() is None
        child.process.terminate()
        with pytest.raises(LaunchError, match=r"worker was ended by SIGTERM"):
            eventually(fleet.check)
