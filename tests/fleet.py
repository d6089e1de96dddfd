"""Processes that a test starts, kills, pauses and waits for."""

import psutil

from tests.waiting import eventually


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


def all_gone(processes: list[psutil.Process]) -> None:
    """Waits for the end of each."""
    eventually(lambda: not running(processes), what="the end of every process of the run")
