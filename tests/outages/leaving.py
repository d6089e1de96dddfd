"""A process that publishes while the store does not answer, forks, and ends:

    python -m tests.outages.leaving STORE

Parent and child print "published" and end at once.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from progress_backend import progress_task
from tests.apps import App, in_process


def birth(app: App) -> Any:
    """The task."""

    def run(*_: int) -> None:
        pass

    marked = progress_task(task_type="fetch_data", total_items=9)(run)
    return app.task(name="birth", shared=False)(marked)


def main(url: str) -> None:
    task = birth(App(url, in_process("leaving")))
    task.apply_async((1,), task_id="parent")
    child = os.fork()
    task.apply_async((1,), task_id="parent again" if child else "child")
    print("published", flush=True)
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
