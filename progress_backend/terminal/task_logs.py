"""The tail of a task's log, as last read from a store or an API."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..errors import ProgressError, TaskNotFound
from .source import Body, Source

#: Lines that are kept of the log that is shown, and that one read brings at most.
_KEPT: Final = 200


class Log(NamedTuple):
    """A task's newest lines; `trouble` is the error because of which they may be old."""

    lines: Sequence[Body] = ()
    trouble: str = ""


class Tail:
    """Follows the log of one task at a time: a read brings what is new, and 200 lines at most."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._task_id: str | None = None
        self._lines: deque[Body] = deque(maxlen=_KEPT)

    def of(self, task_id: str) -> Log:
        """The newest lines of the task's log."""
        if task_id != self._task_id:
            self._task_id = task_id
            self._lines.clear()
        after = int(self._lines[-1]["id"]) if self._lines else None
        trouble = ""
        try:
            found = self._source.log(task_id, after, _KEPT)
            if after is not None and len(found) == _KEPT:  # there is more: on to the newest
                found = self._source.log(task_id, None, _KEPT)
                self._lines.clear()
            self._lines.extend(found)
        except TaskNotFound:
            pass  # its lines stay
        except ProgressError as error:
            trouble = str(error)
        return Log(tuple(self._lines), trouble)
