"""`Prefer: wait=N` (RFC 7240): an answer that waits for a task's end."""

from __future__ import annotations

import asyncio
import re
from typing import Final

from fastapi import Request

from ..errors import TaskNotFound
from ..live.update import Update
from .push.task_watcher import Watcher
from .rights import Refusal, Resource
from .state import Api

#: Longest wait in seconds.
MOST_S: Final = 60
_WAIT: Final = re.compile(r'\s*wait\s*=\s*"?([0-9]{1,9})"?\s*(?:;.*)?', re.IGNORECASE)


def wished_s(prefer: str | None) -> int | None:
    """The seconds of a Prefer header, 60 at most; None without a valid wait."""
    for preference in (prefer or "").split(","):
        if found := _WAIT.fullmatch(preference):
            return min(int(found[1]), MOST_S)
    return None


class _End(asyncio.Event):
    """A receiver of a task's updates that notices its end alone."""

    def put(self, update: Update) -> None:
        """An update before the end."""

    def close(self, *_: object) -> None:
        """No more updates will come, or the wait is over."""
        self.set()


async def waited(api: Api, request: Request, task_id: str, prefer: str) -> dict[str, str]:
    """Waits until a task has ended for good, for as long as a Prefer header wishes, until the
    client leaves, and until the service shuts down. Returns the headers of the response.

    Raises:
        StoreUnavailable: the store does not confirm the subscription.
    """
    if (seconds := wished_s(prefer)) is None:
        return {}
    counted = api.limits.of_stream(request.scope)
    if isinstance(counted, Refusal):  # the client waits in too many places
        api.measured.refusal(counted)
        return {"Vary": "Prefer"}
    end = _End()
    watcher = Watcher(api, Resource("task", task_id), end)
    gone = asyncio.ensure_future(_left(request))
    gone.add_done_callback(end.close)
    unwatch = api.callers.watch(request.scope, end.close)
    loop = asyncio.get_running_loop()
    over = loop.call_at(until := loop.time() + seconds, end.close)
    try:
        async with asyncio.timeout_at(until):
            await watcher.join()
        await end.wait()  # without a time-out, which keeps more objects for each that waits
    except (TimeoutError, TaskNotFound):
        pass
    finally:
        for leave in (watcher.leave, counted, unwatch, gone.cancel, over.cancel):
            leave()
    return {"Vary": "Prefer", "Preference-Applied": f"wait={seconds}"}


async def _left(request: Request) -> None:
    """Returns once the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
