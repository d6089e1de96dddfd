"""A mailbox for the updates of one task."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from progress_backend.live.listener import Listener
from progress_backend.live.receivers import Mailbox, MailboxCounts
from progress_backend.live.update import Update


@asynccontextmanager
async def watching(listener: Listener, task_id: str) -> AsyncIterator[Mailbox[Update]]:
    mailbox: Mailbox[Update] = Mailbox(MailboxCounts())
    try:
        await listener.watches.join("task", task_id, mailbox)
        yield mailbox
    finally:
        listener.watches.leave("task", task_id, mailbox)
