"""The tail of a task's log, as last read from a store or an API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..errors import ProgressError, TaskNotFound
from .source import Body, Source

#: Lines that one read brings at most: more than most terminals show.
_KEPT: Final = 100


class Log(NamedTuple):
    """A task's newest lines; `trouble` is why there are none."""

    lines: Sequence[Body] = ()
    trouble: str = ""


def tail(source: Source, task_id: str) -> Log:
    """The newest lines of a task's log."""
    try:
        return Log(source.log(task_id, None, _KEPT))
    except TaskNotFound:
        return Log()
    except ProgressError as error:
        return Log(trouble=str(error))
