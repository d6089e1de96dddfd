"""The current state of a task or workflow and its updates, for event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from starlette.types import Scope

from ...live.receivers import Mailbox, ReceiverClosed
from ...live.update import Update
from ...record.default_texts import Locale
from ..rights import Resource
from ..state import Api
from . import closes
from .task_watcher import Watcher


async def follow(
    api: Api,
    watched: Resource,
    quiet_s: float,
    scope: Scope,
    done: Callable[[], None],
    locale: Locale | None = None,
) -> AsyncGenerator[Update | None]:
    """Yields the current state, then each update; ends when no more updates will come.

    It yields None after each `quiet_s` seconds without an update. `scope` is the request's, whose
    token may expire meanwhile; `done` is called at the end; texts are in `locale`, where it is
    given. Use it with `contextlib.aclosing`, so that its subscription ends with its use.

    Raises:
        TaskNotFound: there is none, or it is gone and was not written again.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer, or does not confirm the subscription.
        ReceiverClosed: the service shuts down, or the request's token does not count any more.
    """
    mailbox: Mailbox[Update] = Mailbox(api.listener.watches.counts)
    watcher = Watcher(api, watched, mailbox, locale)
    ends = [watcher.leave, done, api.callers.watch(scope, mailbox.close)]
    try:
        await watcher.join()
        while True:
            update = None
            try:
                async with asyncio.timeout(quiet_s):
                    update = await mailbox.get()
            except TimeoutError:
                pass
            yield update
    except ReceiverClosed:
        if mailbox.code == closes.UNKNOWN:
            raise watcher.missing() from None
        if mailbox.code != closes.ENDED:
            raise
    finally:
        for end in ends:
            end()
