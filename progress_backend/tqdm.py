"""tqdm's bars in a job, with their counts in the task's record: `tqdm.auto` with another import."""

from __future__ import annotations

import io
import sys
import threading
import weakref
from collections.abc import Iterator
from typing import Any

from .record.json_text import text_of
from .record.update_state_events import count_of
from .runs.run import Run
from .tracking.current_run import recorded_run

try:
    from tqdm.auto import tqdm as tqdm_auto
except ImportError as error:
    raise ImportError("progress_backend.tqdm needs tqdm: pip install tqdm") from error

__all__ = ["tqdm", "trange"]

#: Bars that a message has the texts of, and characters of each.
_BARS, _LONGEST = 4, 200


class tqdm(tqdm_auto):  # type: ignore[misc]  # noqa: N801 - tqdm is untyped; it is its name
    """A bar of `tqdm.auto` that also sets the newest values of the running task's record.

    The outermost open bar sets the count and total; its description and postfix are the message,
    with those and the counts of the bars within it. An item costs no I/O. While the task is paused
    an item waits, and once it is cancelled an item raises `TaskCancelled`.

    Without a terminal or a `file` a bar of a tracked task writes nothing. Outside of a tracked task
    it is `tqdm.auto`'s bar.
    """

    #: No thread that refreshes bars: each item of a recorded bar looks whether it is time.
    monitor_interval = 0
    #: The run of the record that the bar sets, while it is open.
    _run: Run | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Opens a bar.

        Args:
            args: what `tqdm.auto.tqdm` takes: the iterable first.
            kwargs: what it takes besides, e.g. `desc`, `total`, `initial`, `postfix`.
                `disable=True` leaves the record alone; None, which asks for a terminal, does not.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        run = recorded_run()
        if run is not None:
            kwargs["disable"] = bool(kwargs.get("disable"))
            if kwargs.get("file") is None and (sys.stderr is None or not sys.stderr.isatty()):
                kwargs["file"] = _Silent()
        super().__init__(*args, **kwargs)
        if run is None or self.disable:
            return
        self.miniters, self.dynamic_miniters = 1, False
        run.bars = (*run.bars, weakref.ref(self))
        self._run = run
        if self._leads(run):
            run.message = None  # of the bar before it
        self._set(run)
        run.offer(None)

    def __iter__(self) -> Iterator[Any]:
        if self._run is None:
            yield from super().__iter__()
            return
        try:
            for item in self.iterable:
                yield item
                self.update()
        finally:
            self.close()

    def update(self, n: float | None = 1) -> bool | None:
        """Counts more items as done.

        Args:
            n: items done since the last call.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        shown: bool | None = super().update(n)
        run = self._run
        if run is not None:
            if self._leads(run):
                run.current, run.pending = self.n, True
            if run.attention:  # not in display(), which tqdm calls under its lock
                self._set(run)
                run.offer(None)
        return shown

    def display(self, *args: Any, **kwargs: Any) -> Any:
        """Shows the bar, and sets the message of the record.

        Args:
            args: what `tqdm.auto.tqdm` takes.
            kwargs: what it takes besides.
        """
        if self._run is not None:
            self._set(self._run)
        return super().display(*args, **kwargs)

    def close(self) -> None:
        """Ends the bar; the record's count stays as it is."""
        run, self._run = self._run, None
        if run is not None:
            self._set(run)
            run.bars = tuple(weakref.ref(bar) for bar in _open(run) if bar is not self)
            if run.bars:
                run.message = _message(run)
        super().close()

    def _leads(self, run: Run) -> bool:
        """Whether the bar sets the count: it is the outermost, and no `track()` loop runs."""
        return run.loop is None and bool(run.bars) and run.bars[0]() is self

    def _set(self, run: Run) -> None:
        """Sets the run's newest values; never waits or raises."""
        if self._leads(run):
            run.current, run.total = self.n, count_of(self.total) or run.total
        if text := _message(run):
            run.message = text
        run.pending = True

    def _text(self, counts: bool) -> str:
        """Its description and postfix, and its counts between them."""
        done, total = count_of(self.n) or 0, count_of(self.total)
        figures = (f"{done}/{total}" if total else str(done)) if counts else ""
        desc = text_of(self.desc).removesuffix(": ")  # which set_description() adds
        texts = (f"{desc} {figures}".strip(), text_of(self.postfix or ""))
        return ", ".join(filter(None, texts))[:_LONGEST]


#: tqdm's own lock is one for all forked processes, and a killed one would never release it.
tqdm.set_lock(threading.RLock())


def trange(*args: Any, **kwargs: Any) -> tqdm:
    """Goes over `range(*args)` with a bar: `tqdm(range(*args), **kwargs)`.

    Args:
        args: what `range` takes.
        kwargs: what `tqdm` takes besides.

    Raises:
        TaskCancelled: the task's record is cancelled.
    """
    return tqdm(range(*args), **kwargs)


class _Silent(io.StringIO):
    """A file that keeps nothing: a worker's stderr is its log."""

    def write(self, text: str) -> int:
        return len(text)


def _open(run: Run) -> list[tqdm]:
    """The run's open bars, the outermost first; a bar that nothing refers to is closed."""
    return [bar for ref in run.bars if (bar := ref()) is not None]


def _message(run: Run) -> str | None:
    """The texts of the open bars, the outermost first; None where they have none."""
    around = run.loop is not None
    texts = [bar._text(around or n > 0) for n, bar in enumerate(_open(run)[:_BARS])]
    return " · ".join(filter(None, texts)) or None
