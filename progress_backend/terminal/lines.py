"""Changes as plain lines, for a log, a pipe or a terminal without rich."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Self

from ..record.default_texts import Locale
from ..record.model import Task
from ..record.redelivery import final
from . import formats
from .remaining import message, remaining
from .rows import key
from .view import View

#: A running task gets another line after so many percent more: about ten lines a run.
STEP_PERCENT = 10


class Lines:
    """Prints one line for each change: a new status, a new run or a retry that waits, ten percent
    more."""

    def __init__(self, out: IO[str], locale: Locale) -> None:
        self._out = out
        self._locale = locale
        self._told: dict[str, tuple[object, ...]] = {}
        self._trouble: str | None = None
        self._gone = frozenset[str]()
        self._greeted = False

    def show(self, view: View) -> None:
        """Prints what has changed since the last view."""
        if view.trouble != self._trouble:
            self._trouble = view.trouble
            if view.trouble is not None:
                self.say(f"{trouble(view, self._locale)} ({formats.clean(view.trouble)})")
        for task_id in sorted(view.gone - self._gone):
            self.say(formats.text(self._locale, "no_record", ids=formats.clean(task_id)))
        self._gone = view.gone
        if not view.rows and not view.trouble and not self._greeted:
            self.say(formats.text(self._locale, "empty"))
        self._greeted = True
        before = self._told
        # Only the view's tasks are kept, so that the memory is as bounded as the view.
        self._told = {key(task): _what(task, view.at) for task in view.rows}
        for task in view.rows:
            if before.get(key(task)) != self._told[key(task)]:
                self.say(line(task, view.at or task.updated_at, self._locale))

    def say(self, text: str) -> None:
        """Prints a line of the caller's own."""
        print(text, file=self._out, flush=True)

    #: Prints the last view's changes; earlier lines stay.
    final = show

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def line(task: Task, now: datetime | None, locale: Locale) -> str:
    """A task on one line: time, status, values, type, message, id."""
    at = task.updated_at or task.created_at
    if at is not None and now is not None:
        at = at.astimezone(now.tzinfo)  # writers may render in zones of their own
    figures = [formats.percent(task), formats.rate(task)]
    if now is not None and not task.ended:
        figures.append(f"{formats.text(locale, 'eta')} {remaining(task, now, locale)}")
    elif now is not None:
        figures.append(f"{formats.text(locale, 'elapsed')} {formats.elapsed(task, now)}")
    parts = [
        f"{at:%H:%M:%S}" if at else "",
        formats.padded(formats.standing(locale, task), formats.status_cells(locale)),
        *figures,
        " ".join(filter(None, [task.task_type, task.symbol])),
        message(task, now, locale),
        task.task_id,
    ]
    return "  ".join(filter(None, parts))


def trouble(view: View, locale: Locale) -> str:
    """Why the view is old."""
    if view.at is None:
        return formats.text(locale, "never")
    return formats.text(locale, "away", time=f"{view.at:%H:%M:%S}")


def _what(task: Task, at: datetime | None) -> tuple[object, ...]:
    step = int(task.progress.percentage // STEP_PERCENT)
    end = final(task, at) if task.ended else None
    run = task.attempt, task.retries
    return task.status, task.asked, run, task.created_at, step if end is None else end
