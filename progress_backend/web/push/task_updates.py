"""A task's current state and its updates, for WebSockets and event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from ...errors import TaskNotFound
from ...live.hub import Mailbox
from ...live.update import Update
from ..current import current
from ..openapi import schemas
from ..state import Api


async def snapshot(api: Api, task_id: str) -> Update:
    """A task's current state, read after the subscription for its updates was confirmed.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer.
    """
    epoch = api.listener.epoch
    return Update.of(await current(api, task_id), epoch, api.zone)


async def follow(
    api: Api, task_id: str, quiet_s: float | None = None
) -> AsyncGenerator[Update | None]:
    """Yields a task's current state, then each update; ends when no more updates will come.

    It yields None after each `quiet_s` seconds without an update. Use it with
    `contextlib.aclosing`, so that its subscription ends with its use.

    Raises:
        TaskNotFound: there is no record, or it is gone and was not written again.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer, or does not confirm the subscription.
        HubClosed: the service shuts down.
    """
    if not schemas.is_task_id(task_id):
        raise TaskNotFound(task_id)
    async with api.listener.watching(task_id) as mailbox:
        # The subscription is confirmed, so every commit that the snapshot does not have is
        # received.
        known = await snapshot(api, task_id)
        api.hub.counts.delivered += 1
        loop = asyncio.get_running_loop()
        while True:
            if known.message is not None:
                yield known
            # A deleted record may be written again, and an end whose message may be delivered again
            # be taken back.
            gone_at = loop.time() + api.settings.lease_s if known.message is None else None
            quiet_at = None if quiet_s is None else loop.time() + quiet_s
            while True:
                left_s = known.left_s(api.store.now())
                if left_s == 0:
                    return
                over = gone_at if left_s is None else loop.time() + left_s
                newer = await _newer(mailbox, known, _sooner(over, quiet_at))
                if newer is not None:
                    known = newer
                    break
                if gone_at is not None and loop.time() >= gone_at:
                    raise TaskNotFound(task_id)
                if quiet_s is not None and quiet_at is not None and loop.time() >= quiet_at:
                    quiet_at = loop.time() + quiet_s
                    yield None


def _sooner(*times: float | None) -> float | None:
    """The first of these times; None if there is none."""
    return min((at for at in times if at is not None), default=None)


async def _newer(mailbox: Mailbox[Update], known: Update, until: float | None) -> Update | None:
    """The next update that is newer than `known`; None if there is none until then."""
    try:
        async with asyncio.timeout_at(until):
            while True:
                update = await mailbox.get()
                if update.supersedes(known):
                    return update
    except TimeoutError:
        return None
