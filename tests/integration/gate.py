"""Jobs that do what the test says, when it says so; by files, so that any store may be away."""

import os
import time
from pathlib import Path

#: The folder that tests and jobs share.
VARIABLE = "JOBS_DIR"


class Gate:
    """What a job says of itself (`mark`) and what it waits for (`wait`), under its task's id."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder or os.environ[VARIABLE])

    def mark(self, task_id: str, what: str) -> None:
        """Notes it once more, for this process."""
        with (self.folder / f"{task_id}.{what}").open("a") as file:
            file.write(f"{os.getpid()}\n")

    def pids(self, task_id: str, what: str) -> list[int]:
        """The processes that noted it, in their order."""
        path = self.folder / f"{task_id}.{what}"
        return [int(line) for line in path.read_text().split()] if path.exists() else []

    def wait(self, task_id: str, what: str, timeout: float = 240.0) -> None:
        """Until it is noted.

        Raises:
            TimeoutError: no process noted it: the test has gone wrong.
        """
        path = self.folder / f"{task_id}.{what}"
        deadline = time.monotonic() + timeout
        while not path.exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} of {task_id}")
            time.sleep(0.01)
