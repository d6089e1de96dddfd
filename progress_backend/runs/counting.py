"""`track(iterable)`: counts in C what a loop consumes, and stops it when its task is cancelled.

`compress` takes an item, then a selector, without a line of Python. The selectors come in windows
of True, and the rest of the current window shows how many items were handed out.

The sender's thread reads that. To interrupt the loop, it takes the rest of the window: the next
item needs a new window, and there a paused job waits and a cancelled one ends. An iterator gives
each True to one thread only, so the count stays right.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import chain, compress, islice
from operator import length_hint
from typing import Any, TypeVar

from .checkpoint import of_run
from .run import CountingLoop, Run

T = TypeVar("T")

#: Items between two checks of the run's status without an interrupt: one window.
_WINDOW = (True,) * 1_024


class Loop:
    """One `track()` loop of a run."""

    def __init__(self, run: Run, total: int | None, before: int = 0) -> None:
        self._run = run
        self._total = total
        #: Items that an earlier attempt has done, which this loop skips.
        self._before = before
        #: The run's total before this loop, and the loop around this one, if any.
        self.around: tuple[Any, CountingLoop | None] = (run.total, None)
        #: The loop has ended: it does not count any more.
        self.over = False
        #: Guards the four fields below, which change together.
        self._lock = threading.Lock()
        self._window: Iterator[bool] = iter(())
        #: Selectors in all windows so far, and those that no item was paired with.
        self._made = 0
        self._taken = 0
        #: No item is being processed: the loop waits, or has ended.
        self._between = True

    def through(self, iterable: Iterable[T]) -> Iterator[T]:
        """The items, counted."""
        self._run.offer(self._before, self._total)
        if self._before:
            iterable = chain.from_iterable(self._after_those_done(iterable))
        return chain(compress(iterable, chain.from_iterable(self._windows())), self._exhausted())

    def _after_those_done(self, iterable: Iterable[T]) -> Iterator[Iterator[T]]:
        """The items after those that are done. An iterable without a length may have fewer items
        now than an earlier attempt has done: then its count is lowered to them."""
        items = iter(iterable)
        passed = sum(1 for _ in islice(items, self._before))
        if passed < self._before:
            self._before = passed
            self._run.offer(passed)
        yield items

    def _windows(self) -> Iterator[Iterator[bool]]:
        run = self._run
        self.around, run.loop = (self.around[0], run.loop), self
        try:
            while True:
                # Set before the status is checked, so that `interrupt` misses no window.
                with self._lock:
                    self._window = iter(_WINDOW)
                    self._made += len(_WINDOW)
                    self._between = True
                run.acknowledge()
                self._between = False
                yield self._window
        finally:
            self._end()  # a `break` drops the loop, which closes this generator

    def _exhausted(self) -> Iterator[T]:
        self._between = True
        self._end()
        self._run.acknowledge()
        yield from ()

    def _end(self) -> None:
        """Ends the loop: the outer loop, or the job's own updates, set the run's count from now
        on."""
        run, self.over = self._run, True
        if run.loop is not self:
            return
        total, outer = self.around
        while outer is not None and outer.over:  # e.g. two loops in one zip()
            total, outer = outer.around
        run.current, run.loop = self.done, outer
        if not run.cancelled:
            run.pending = True
        if outer is not None:
            run.total = total
            outer.interrupt()

    @property
    def done(self) -> int:
        """Items that the loop has finished; the one that it processes is not among them."""
        with self._lock:
            handed_out = self._made - self._taken - length_hint(self._window)
            return self._before + (handed_out if self._between else max(handed_out - 1, 0))

    def interrupt(self) -> None:
        """Makes the loop check its run's status before its next item."""
        with self._lock:
            self._taken += len(list(self._window))


def counted(
    run: Run, iterable: Iterable[T], total: int | None, resume: str | None = None
) -> Iterator[T]:
    """The items of `iterable`, counted as the run's progress. With `resume`, the loop's name in the
    task's checkpoint, without those that earlier attempts have done.

    Raises (from the loop):
        TaskCancelled: the task's record is cancelled.
    """
    if resume is None:
        return Loop(run, total).through(iterable)
    checkpoint = of_run(run)
    if not checkpoint.admits(resume, run.loop):
        return Loop(run, total).through(iterable)
    loop = Loop(run, total, checkpoint.done_before(resume, total))
    checkpoint.follow(resume, loop, total)
    return loop.through(iterable)
