"""Changes as plain lines, for a log, a pipe or a terminal without rich."""

from __future__ import annotations

from datetime import datetime
from typing import IO, Self

from ..record.default_texts import Locale
from ..record.model import Task
from . import formats
from .remaining import message, remaining
from .rows import final, key
from .view import View

#: A running task gets another line after so many percent more: about ten lines a run.
STEP_PERCENT = 10


class Lines:
    """Prints one line for each change: a new status, a new run or a retry that waits, ten percent
    more."""

    def __init__(self, out: IO[str], locale: Locale) -> None:
        self._out = out
        self._locale = locale
        self._shown: dict[str, tuple[object, ...]] = {}
        self._trouble = ""
        self._begun = False

    def show(self, view: View) -> None:
        """Prints what has changed since the last view."""
        why = "" if view.trouble is None else formats.clean(str(view.trouble))
        if why and why != self._trouble:
            self._print(f"{trouble(view, self._locale)} ({why})")
        self._trouble = why
        if not view.rows and not view.trouble and not self._begun:
            self._print(formats.text(self._locale, "empty"))
        self._begun = True
        before = self._shown
        # Only the view's tasks are kept, so that the memory is as bounded as the view.
        self._shown = {key(task): _what(task) for task in view.rows}
        for task in view.rows:
            if before.get(key(task)) != self._shown[key(task)]:
                self._print(line(task, view.now, self._locale))
                for link in formats.links(task, view.now, self._locale):
                    self._print(f"  {link}")

    def _print(self, text: str) -> None:

        print(text, file=self._out, flush=True)

    #: Prints the last view's changes; earlier lines stay.
    final = show

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def line(task: Task, now: datetime, locale: Locale) -> str:
    """A task on one line: time, status, values, type, message, id."""
    at = task.updated_at or task.created_at
    label, left = "eta", remaining(task, now, locale)
    if task.ended:
        label, left = "elapsed", formats.elapsed(task, now)
    parts = [
        f"{at.astimezone(now.tzinfo):%H:%M:%S}" if at else "",
        formats.padded(formats.standing(locale, task), formats.status_cells(locale)),
        formats.percent(task),
        formats.rate(locale, task),
        "" if left == formats.UNKNOWN else f"{formats.text(locale, label)} {left}",
        formats.name(task),
        message(task, now, locale),
        task.task_id,
    ]
    return "  ".join(part for part in parts if part not in ("", formats.UNKNOWN))


def trouble(view: View, locale: Locale) -> str:
    """Why the view is old."""
    at = "" if view.at is None else f"{view.at:%H:%M:%S}"
    return formats.text(locale, "away" if at else "never", time=at)


def _what(task: Task) -> tuple[object, ...]:
    step = int(task.progress.percentage // STEP_PERCENT)
    end = final(task) if task.ended else None
    run = task.attempt, task.retries
    shown = step if end is None else end
    return task.status, task.requested, run, task.created_at, task.links, shown
