"""The current state of a task or workflow and its updates, for event streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from starlette.types import Scope

from ...live.hub import Mailbox
from ...live.update import Update
from ..state import Api
from .sources import Source


async def follow(
    api: Api,
    source: Source,
    quiet_s: float,
    scope: Scope,
    done: Callable[[], None],
    nudges: Callable[[Callable[[], None]], Callable[[], None]] | None = None,
) -> AsyncGenerator[Update | None]:
    """Yields the current state, then each update; ends when no more updates will come.

    It yields None after each `quiet_s` seconds without an update, and each time the function is
    called that `nudges` gets, which returns what ends that. `scope` is the request's, whose
    token may expire meanwhile; `done` is called at the end. Use it with `contextlib.aclosing`, so
    that its subscription ends with its use.

    Raises:
        TaskNotFound: there is none, or it is gone and was not written again.
        ForeignValue: the value that is stored there is no record.
        StoreUnavailable: the store does not answer, or does not confirm the subscription.
        HubClosed: the service shuts down, or the request's token does not count any more.
    """
    mailbox: Mailbox[Update] = Mailbox(api.hub.counts)
    ends = [done, api.callers.watch(scope, mailbox.close)]
    if nudges is not None:
        ends.append(nudges(mailbox.nudge))
    try:
        await source.join(mailbox)
        # The subscription is confirmed, so every commit that the snapshot does not have is
        # received.
        known = await source.snapshot()
        api.hub.counts.delivered += 1
        loop = asyncio.get_running_loop()
        while True:
            if known.message is not None:
                yield known
            # A deleted record may be written again, and an end whose message may be delivered again
            # be taken back.
            gone_at = loop.time() + api.settings.lease_s if known.message is None else None
            quiet_at = loop.time() + quiet_s
            while True:
                left_s = known.left_s(api.store.now())
                if left_s == 0:
                    return
                over = gone_at if left_s is None else loop.time() + left_s
                until = quiet_at if over is None else min(over, quiet_at)
                newer = await _newer(mailbox, known, until)
                if newer is not None:
                    known = newer
                    break
                if gone_at is not None and loop.time() >= gone_at:
                    raise source.missing()
                if loop.time() >= quiet_at or mailbox.nudged:
                    mailbox.nudged = False
                    quiet_at = loop.time() + quiet_s
                    yield None
    finally:
        source.leave(mailbox)
        for end in ends:
            end()


async def _newer(mailbox: Mailbox[Update], known: Update, until: float) -> Update | None:
    """The next update that is newer than `known`; None if there is none until then, or until the
    mailbox is nudged."""
    try:
        async with asyncio.timeout_at(until):
            while (update := await mailbox.get()) is not None:
                if update.supersedes(known):
                    break
            return update
    except TimeoutError:
        return None
