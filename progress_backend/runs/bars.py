"""The `tqdm` bars of a run: the outermost one counts for the record, those within it are told in
the message."""

from __future__ import annotations

from typing import Any

from ..record.json_text import text_of
from ..record.update_state_events import count_of
from .run import CountingLoop, Run

#: Bars within the outermost one that a message tells, and characters of what each says.
_TOLD, _LONGEST = 3, 200


class Bar:
    """What one bar has counted and said. It is the run's loop while it is the outermost, so that
    the sender's thread reads the count, and an item costs the job no call."""

    __slots__ = ("__weakref__", "desc", "n", "over", "postfix", "run", "total")

    #: Nothing counts around the outermost bar.
    around: tuple[Any, CountingLoop | None] = (None, None)

    def __init__(self, run: Run, n: Any, total: Any, desc: str, postfix: str) -> None:
        self.run = run
        self.n, self.total = n, total
        self.desc, self.postfix = desc, postfix
        self.over = False

    def open(self) -> None:
        """Adds the bar to those of its run.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        run = self.run
        if run.bars is None:
            run.bars = []
        run.bars.append(self)
        if run.loop is None:
            run.loop = self
        try:
            self.tell()
        except BaseException:
            self.close()
            raise

    @property
    def done(self) -> int:
        """Items that the bar has counted."""
        return count_of(self.n) or 0

    def interrupt(self) -> None:
        """Nothing: each item looks at the run's `attention`."""

    def tell(self) -> None:
        """Sets the run's newest values.

        Raises:
            TaskCancelled: the task's record is cancelled.
        """
        leads = self.run.loop is self
        total = (count_of(self.total) or None) if leads else None
        self.run.offer(self.done if leads else None, total, Said(self.run))

    def close(self) -> None:
        """Takes the bar from its run, whose count stays."""
        if self.over:
            return
        self.over, run = True, self.run
        said = own_text(run)
        if run.loop is self:
            run.current, run.loop = self.done, None
        run.bars = [bar for bar in run.bars or () if bar is not self]
        if not run.bars and type(run.message) is Said:
            run.message = said or None
        if not run.cancelled:
            run.pending = True

    def say(self) -> None:
        """Makes the bars' texts the run's message, in place of another one."""
        run = self.run
        if not self.over and type(run.message) is not Said:
            run.message = Said(run)
        run.pending = True

    def text(self) -> str:
        """What its description and postfix say."""
        return ", ".join(filter(None, (self.desc, self.postfix)))[:_LONGEST]

    def inner_text(self) -> str:
        """The same of a bar within another one, with its count."""
        total = count_of(self.total)
        figures = f"{self.done}/{total}" if total else str(self.done)
        text = f"{self.desc} {figures}" if self.desc else figures
        return f"{text}, {self.postfix}"[:_LONGEST] if self.postfix else text[:_LONGEST]


class Said:
    """The message of a run's bars, made when it is recorded and not with each item."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __str__(self) -> str:
        run = self._run
        if text := own_text(run):
            return text
        total = count_of(run.total)
        counted = count_of(run.current) if run.loop is None else run.loop.done
        return run.sender.progress_text(
            counted or 0, run.identity.total_items if total is None else total
        )


def own_text(run: Run) -> str:
    """What the open bars say; "" where no description, postfix or inner bar does."""
    bars: tuple[Bar, ...] = tuple(run.bars or ())
    leads = bool(bars) and run.loop is bars[0]
    texts = [bars[0].text()] if leads else []
    texts += [bar.inner_text() for bar in bars[leads : leads + _TOLD]]
    return " · ".join(filter(None, texts))


def text(value: Any) -> str:
    """A description or postfix as text, whatever it is."""
    return "" if value is None else text_of(value)
