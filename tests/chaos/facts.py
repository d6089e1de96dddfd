"""What truly happened to a job, by files: no store, broker or signal has a part in it."""

import os
import time
from collections import Counter
from pathlib import Path

import psutil

#: The folder that the jobs write to.
VARIABLE = "CHAOS_FACTS"


class Facts:
    """One line a fact; a line is written by one call, so that kill -9 leaves whole ones."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder or os.environ[VARIABLE])

    def say(self, task_id: str, what: str) -> None:
        """Notes a fact of a task, with time and process."""
        line = f"{time.time():.3f} {os.getpid()} {what}\n".encode()
        file = os.open(self.folder / task_id, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, line)
        finally:
            os.close(file)

    def lines(self, task_id: str) -> list[str]:
        """As noted, the oldest first."""
        path = self.folder / task_id
        return path.read_text().splitlines() if path.exists() else []

    def of(self, task_id: str) -> list[str]:
        """The facts alone."""
        return [line.split(" ", 2)[2] for line in self.lines(task_id)]

    def under_way(self) -> list[str]:
        """The tasks of which a living process has begun a run that it has not ended."""
        found = []
        for path in self.folder.iterdir():
            runs: Counter[int] = Counter()
            for line in path.read_text().splitlines():
                _, pid, what = line.split(" ", 2)
                runs[int(pid)] += 1 if what.startswith("began") else -1
            if any(more > 0 and psutil.pid_exists(pid) for pid, more in runs.items()):
                found.append(path.name)
        return found

    def processes(self, task_id: str) -> set[int]:
        """Those that ran it."""
        return {int(line.split(" ", 2)[1]) for line in self.lines(task_id)}
