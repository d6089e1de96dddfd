"""A process that publishes while the store does not answer, forks, and ends:

    python -m tests.outages.leaving STORE

Parent and child print "published" and end at once.
"""

import os
import sys
from typing import Any

from progress_backend import progress_task
from tests.apps import App, in_process
from tests.waiting import PATIENCE_S


def birth(app: App) -> Any:
    """The task."""

    def run(*_: int) -> None:
        pass

    marked = progress_task(task_type="fetch_data", total_items=9)(run)
    return app.task(name="birth", shared=False)(marked)


def main(url: str) -> None:
    app = App(url, in_process("leaving"))
    task = birth(app)
    task.apply_async((1,), task_id="parent")
    child = os.fork()
    task.apply_async((1,), task_id="parent again" if child else "child")
    # It ends while the store stalls: until a busy test lets that answer, two seconds may pass.
    app.tracker.process.sender._closing_s = PATIENCE_S
    print("published", flush=True)
    if child:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(*sys.argv[1:])
