"""A task's current state for those who follow it, and its updates for event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from ..errors import TaskNotFound
from ..flows import begun
from ..hub import Mailbox
from ..update import Update
from . import schemas
from .state import Api


async def snapshot(api: Api, task_id: str) -> Update:
    """The current state, for one who already hears what comes after it.

    Raises:
        TaskNotFound, StoreUnavailable.
    """
    epoch = api.listener.epoch
    document = await api.reads.get(task_id)
    if document is None:
        raise TaskNotFound(task_id)
    if not begun(document):
        document = await api.store.run(api.flows.estimated(document))
    return Update.of(document, epoch)


async def follow(
    api: Api, task_id: str, quiet_s: float | None = None
) -> AsyncGenerator[Update | None]:
    """The current state, then each update; it ends when nothing more will come.

    None stands for `quiet_s` seconds without news. Use it with `contextlib.aclosing`, so that
    nobody listens any longer than it is needed.

    Raises:
        TaskNotFound: there is no record, or it is gone and does not come back.
        StoreUnavailable, HubClosed.
    """
    if not schemas.is_task_id(task_id):
        raise TaskNotFound(task_id)
    async with api.listener.watching(task_id) as mailbox:
        # The subscription stands, so whatever the snapshot does not hold yet will be heard.
        known = await snapshot(api, task_id)
        api.hub.counts.delivered += 1
        loop = asyncio.get_running_loop()
        while True:
            if known.message is not None:
                yield known
            if known.ended and not known.suspected:
                return
            # A lost run may speak again, and a lost record may be written again.
            waits = known.suspected or known.message is None
            over = loop.time() + api.settings.lease_s if waits else None
            while True:
                news = await _news(mailbox, known, _sooner(over, quiet_s))
                if news is not None:
                    known = news
                    break
                if over is not None and loop.time() >= over:
                    if known.message is None:
                        raise TaskNotFound(task_id)
                    return
                yield None


def _sooner(over: float | None, quiet_s: float | None) -> float | None:
    """When to stop waiting, on the loop's clock."""
    quiet = None if quiet_s is None else asyncio.get_running_loop().time() + quiet_s
    return min((at for at in (over, quiet) if at is not None), default=None)


async def _news(mailbox: Mailbox[Update], known: Update, until: float | None) -> Update | None:
    """The next update that says more than what is known; None if there is none until then."""
    try:
        async with asyncio.timeout_at(until):
            while True:
                update = await mailbox.get()
                if update.says_more_than(known):
                    return update
    except TimeoutError:
        return None
