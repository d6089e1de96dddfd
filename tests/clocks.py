"""Clocks whose time a test sets: one that is called, and a process's own."""

from __future__ import annotations

import shutil
import subprocess

from tests.conftest import missing


class Clock:
    """Called, it gives its time: seconds since whatever it counts from."""

    def __init__(self, time: float) -> None:
        self.time = time

    def __call__(self) -> float:
        return self.time


def wrong_clock(seconds: int) -> dict[str, str]:
    """The environment of a process whose wall clock is that wrong; its monotonic one is right."""
    faketime = shutil.which("faketime")
    if faketime is None:
        missing("faketime (apt-get install faketime)")
    asked = [faketime, "-f", "+0s", "printenv", "LD_PRELOAD"]
    library = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    clock = {"FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return {**clock, "LD_PRELOAD": library, "DONT_FAKE_MONOTONIC": "1"}
