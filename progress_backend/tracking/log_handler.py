"""A handler of Python's logging that writes into the log of the running task."""

from __future__ import annotations

import logging

from celery import current_task

from ..record.log_line import LEVELS, LONGEST
from .tracker import tracker_of

#: This library's own lines are left out: storing the log may log such lines.
_OWN = __name__.partition(".")[0]
#: In place of a long traceback's middle.
_CUT = "\n…\n"


class ProgressLogHandler(logging.Handler):
    """Writes log records into the log of the Celery task that runs; outside of a tracked task it
    does nothing.

    `logging.getLogger("shop").addHandler(ProgressLogHandler(logging.INFO))`, e.g. in Celery's
    `after_setup_logger`: see `ProgressNotifier.log` for what becomes of the lines.

    Args:
        level: the lowest level that is written, as of `logging.Handler`.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record, formatted, with the nearest of the log's levels; never raises.

        Args:
            record: the log record that a logger has made.
        """
        if record.name.partition(".")[0] == _OWN:
            return
        try:
            # Each use of Celery's proxy would look the task up again.
            if (task := current_task._get_current_object()) is None:
                return
            tracker = tracker_of(task.app)
            process = tracker.process if tracker is not None else None
            run = process.run_in(task) if process is not None else None
            if run is not None and not run.refused:
                text = self.format(record)
                level = LEVELS[min(max(record.levelno // 10, 1), len(LEVELS)) - 1]
                run.write(level, _ends(text) if record.exc_info else text)
        except Exception:  # as every handler: logging itself shows what a formatter raises
            self.handleError(record)


def _ends(text: str) -> str:
    """A text, cut in the middle if it is longer than a line: a traceback's last line names the
    exception."""
    if len(text) <= LONGEST:
        return text
    first = LONGEST // 4
    begin, end = text[:first], text[first + len(_CUT) - LONGEST :]
    # Cut at lines or words: half a secret would not be recognized as one.
    begin = begin.rpartition("\n" if "\n" in begin else " ")[0] or begin
    end = end.partition("\n" if "\n" in end else " ")[2] or end
    return begin + _CUT + end
