"""`track(iterable)`: counts in C what a loop consumes, and stops it when its task is cancelled.

`compress` takes an item, then a selector; both pipelines run without a line of Python an item:

    inner    items, selected by a counter (1, 2, 3, … are all true): it counts
    outer    its items, selected by windows of True: they end when something needs attention

The sender's thread reads the counter. To interrupt, it empties the window at hand: the next item
asks for a new window, and that is where a paused job waits and a cancelled one is ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, compress, count
from typing import TypeVar

from .run import Run, Value

T = TypeVar("T")

#: Items between two looks at the run's status when nobody interrupts.
_WINDOW = 1_024


class Loop:
    """One `track()` of a run."""

    def __init__(self, run: Run, total: int | None) -> None:
        self._run = run
        self._total = total
        self._counter = count(1)
        self._finished = False
        self._window: list[bool] = []
        self._sampled = 0

    def over(self, iterable: Iterable[T]) -> Iterator[T]:
        """The items, counted."""
        run = self._run
        run.loop = self
        run.offer((0, self._total, None, None, None))
        inner = compress(iterable, self._counter)
        outer = compress(inner, chain.from_iterable(self._windows()))
        return chain(outer, self._finish())

    def _windows(self) -> Iterator[Iterator[bool]]:
        while True:
            # Seen by `interrupt` before the status is looked at: none slips between.
            self._window = window = [True] * _WINDOW
            self._run.heed()
            yield iter(window)

    def _finish(self) -> Iterator[T]:
        self._finished = True
        self._run.offer((self.done, self._total, None, None, None))
        yield from ()

    @property
    def done(self) -> int:
        """Items that the loop is done with; the one it works on is not."""
        following = int(repr(self._counter)[6:-1])
        return following - 1 if self._finished else max(following - 2, 0)

    def interrupt(self) -> None:
        """Has the loop look at its run's status before its next item."""
        self._window.clear()

    def sample(self) -> Value | None:
        """The figures, if they have changed."""
        done = self.done
        if done == self._sampled:
            return None
        self._sampled = done
        return Value(current=done, total=self._total)


def counted(run: Run, iterable: Iterable[T], total: int | None) -> Iterator[T]:
    """The items of `iterable`, counted as the run's progress.

    Raises (from the loop):
        TaskCancelled: somebody cancelled the task.
    """
    return Loop(run, total).over(iterable)
