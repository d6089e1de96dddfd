"""The tail of a task's log, as last read from a store or an API."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import quote, urlencode

from ..errors import ProgressError, TaskNotFound
from ..flows import task_log
from ..record.log_line import with_id
from ..store.any_store import AnyStore
from .api_client import ApiClient

Line = dict[str, Any]

#: Lines that are kept of the log that is shown, and that one read brings at most.
_KEPT: Final = 200


class LogSource(Protocol):
    """Where logs are read."""

    def lines(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """The lines after a number, `limit` at most; the newest ones for None.

        Raises:
            TaskNotFound: there is no record.
            StoreUnavailable: nothing answers.
        """


class StoreLogs:
    """The logs of a store."""

    def __init__(self, store: AnyStore) -> None:
        self._store = store

    def lines(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """See `LogSource`."""
        part = self._store.run(task_log.read(task_id, after, limit))
        return [json.loads(with_id(*line)) for line in part.lines]


class ApiLogs:
    """The logs that an API answers with."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def lines(self, task_id: str, after: int | None, limit: int) -> list[Line]:
        """See `LogSource`."""
        query = {"limit": limit} | ({} if after is None else {"after": after})
        body = self._api.ask(
            "GET", f"/internal/task/{quote(task_id, safe='')}/log?{urlencode(query)}"
        )
        if body is None:
            raise TaskNotFound(task_id)
        lines: list[Line] = json.loads(body)["lines"]
        return lines


class Log(NamedTuple):
    """A task's newest lines; `trouble` is the error because of which they may be old."""

    lines: Sequence[Line] = ()
    trouble: str = ""


class Tail:
    """Follows the log of one task at a time: a read brings what is new, and 200 lines at most."""

    def __init__(self, source: LogSource) -> None:
        self._source = source
        self._task_id: str | None = None
        self._lines: deque[Line] = deque(maxlen=_KEPT)

    def of(self, task_id: str) -> Log:
        """The newest lines of the task's log."""
        if task_id != self._task_id:
            self._task_id = task_id
            self._lines.clear()
        after = int(self._lines[-1]["id"]) if self._lines else None
        try:
            found = self._source.lines(task_id, after, _KEPT)
            if after is not None and len(found) == _KEPT:  # there is more: on to the newest
                found = self._source.lines(task_id, None, _KEPT)
                self._lines.clear()
        except TaskNotFound:
            return Log(tuple(self._lines))
        except ProgressError as error:
            return Log(tuple(self._lines), str(error))
        self._lines.extend(found)
        return Log(tuple(self._lines))
