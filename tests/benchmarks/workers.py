"""Real workers for the rows that need them."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import Worker

from .jobs import environment

#: Starts a worker at a URL, tracked at an interval or bare, and waits until it is ready; may be
#: asked for bare commits around each task.
StartWorker = Callable[..., Worker]


@contextmanager
def workers() -> Iterator[StartWorker]:
    """Ends all that were started."""
    numbers = itertools.count(1)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(
            url: str, interval_s: float | None, concurrency: int, *, committing: bool = False
        ) -> Worker:
            name = f"benchmark-{next(numbers)}"
            worker = Worker(
                "tests.benchmarks.jobs",
                log=folder / f"{name}.log",
                name=name,
                concurrency=concurrency,
                args=["--without-gossip", "--without-mingle"],
                env=environment(url, interval_s, committing),
            )
            stack.callback(worker.stop)
            return worker.start()

        yield start
