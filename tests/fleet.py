"""Processes that a test starts, kills, pauses and waits for."""

from typing import Any

import psutil

from progress_backend.tracking.tracker import tracker_of
from tests.waiting import eventually

ENDED = ("completed", "error", "cancelled")
#: The longest that a busy machine may take for what takes a moment.
TIMEOUT_S = 60.0


class Recorded:
    """What a system has recorded of its tasks, waited for."""

    def record(self, task_id: str) -> dict[str, Any]:
        """The record as it is stored; empty if there is none."""
        raise NotImplementedError

    def until(self, task_id: str, timeout: float = TIMEOUT_S, **fields: Any) -> dict[str, Any]:
        """The record once it has these values."""

        def matching() -> dict[str, Any]:
            record = self.record(task_id)
            found = {name: record.get(name) for name in fields}
            assert found == fields, record
            return record

        return eventually(matching, timeout, what=f"{fields} in the record")

    def ended(self, task_id: str, timeout: float = TIMEOUT_S) -> dict[str, Any]:
        """The record once it has ended."""

        def end() -> dict[str, Any]:
            record = self.record(task_id)
            assert record.get("status") in ENDED, record
            return record

        return eventually(end, timeout, what="the record's end")


def close_app(app: Any) -> None:
    """Closes what an installed app of this process holds."""
    tracker = tracker_of(app)
    if tracker is not None and tracker.process is not None:
        tracker.stop()
        tracker.process.store.close()
    app.close()


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
