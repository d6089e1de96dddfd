"""How long something takes, on a machine that may be busy with something else."""

import threading
import time
from collections.abc import Callable
from typing import Self

#: By how much a wait may be longer than its bound: what is looked for is one that is not bounded,
#: or bounded by the store's or the broker's own patience, which are many times as long.
FACTOR = 5
TICK_S = 0.01


class Stopwatch:
    """Measures its block. A thread beside it sleeps all the time: by what its sleeps are too long,
    the machine held up the block as well, and that is not counted."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sleep, daemon=True)
        self._began = 0.0
        #: By how much the sleeps were too long.
        self.late_s = 0.0
        #: What the block took, without that.
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        passed = time.monotonic() - self._began
        self._over.set()
        self._thread.join()
        self.seconds = max(passed - self.late_s, 0.0)

    def _sleep(self) -> None:
        before = self._began  # so that a late start of this thread counts
        while not self._over.wait(TICK_S):
            now = time.monotonic()
            self.late_s += max(now - before - TICK_S, 0.0)
            before = now


def timed(action: Callable[[], object]) -> float:
    """The seconds that it took, without those that the machine held it up."""
    with Stopwatch() as watch:
        action()
    return watch.seconds


def quickest(action: Callable[[], object], tries: int = 3) -> float:
    """The seconds of the quickest of several tries, for what has to wait for nothing at all."""
    return min(timed(action) for _ in range(tries))
