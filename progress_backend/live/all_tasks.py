"""Updates of all tasks for the sockets that watch them through a filter. Pure asyncio, one event
loop.

Each socket has an inbox with the newest message of each task. One that is too full is emptied, and
its client gets a message to read the list again, which has what it missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ..flows.commands import Filters
from ..record import messages
from .heartbeat import Heartbeat
from .hub import Counts, HubClosed
from .update import Update

#: A task's status, type, symbol and owner.
Facets = tuple[str, str, str | None, str | None]
#: Lets every task pass.
ALL: Final = Filters()

#: The message that updates were missed: the client has to read the list again.
RELOAD: Final = messages.reload_message().decode()
#: Most characters that wait for one socket, besides the newest message.
MOST_CHARACTERS: Final = 128 * 1024
#: Tasks whose last facets are kept, so that a task which leaves a filter is sent once more.
MOST_KNOWN: Final = 50_000


class Missed(Exception):
    """Updates were missed, and the client does not know the message `RELOAD`."""


class Expired(Exception):
    """The socket's caller may not watch any more."""


class Inbox:
    """The newest message of each task that passes a socket's filter, or leaves it."""

    def __init__(
        self, filters: Filters, counts: Counts, *, reloads: bool, only: Filters = ALL
    ) -> None:
        self._filters = filters
        self._only = only
        self._counts = counts
        self._knows_reload = reloads
        self._heartbeat: str | None = None
        self._messages: dict[str, str] = {}
        self._characters = 0
        self._reload = False
        self._closed = False
        self._expired = False
        self._something = asyncio.Event()
        #: The socket's task has sent all messages and waits for more.
        self._idle = False
        self._past: Callable[[bytes], bool] | None = None

    def lead_past(self, write: Callable[[bytes], bool]) -> None:
        """From now on `write` gets an update's WebSocket frame while no message waits; if it
        returns true, no `get` is needed. It must not wait."""
        self._past = write

    def passes(self, facets: Facets) -> bool:
        """Whether a task with these facets passes the filter."""
        return _passes(self._filters, facets)

    def may_have(self, facets: Facets) -> bool:
        """Whether the inbox's reader may see a task with these facets, whatever the filter."""
        return self._only is ALL or _passes(self._only, facets)

    def put(self, update: Update) -> None:
        """Puts a task's newest message into the inbox; never waits."""
        task_id, message = update.task_id, update.message
        if message is None:
            return
        free = self._idle and not self._something.is_set()
        if free and self._past is not None and self._past(update.frame):
            self._counts.delivered += 1
            return
        older = self._messages.pop(task_id, None)
        if older is not None:
            self._characters -= len(older)
            self._counts.dropped += 1
        self._messages[task_id] = message
        self._characters += len(message)
        if self._characters - len(message) > MOST_CHARACTERS:
            self.reload()
        self._something.set()

    def reload(self) -> None:
        """Drops all messages; the client has to read the list again."""
        self._counts.dropped += len(self._messages)
        self._messages.clear()
        self._characters = 0
        self._reload = True
        self._something.set()

    def clear(self) -> None:
        """Drops all messages."""
        self._messages.clear()
        self._characters = 0
        self._reload = False

    def beat(self, heartbeat: Heartbeat) -> None:
        """Puts the newest heartbeat into the inbox; it is sent after all messages. Never waits."""
        free = self._idle and not self._something.is_set()
        if free and self._past is not None and self._past(heartbeat.frame):
            return
        self._heartbeat = heartbeat.message
        self._something.set()

    def close(self) -> None:
        """Makes every `get` from now on raise HubClosed."""
        self._closed = True
        self._something.set()

    def expire(self) -> None:
        """Makes every `get` from now on raise Expired."""
        self._expired = True
        self._past = None
        self._something.set()

    async def get(self) -> str:
        """Waits for a message and takes it out, `RELOAD` first. One caller at a time.

        Raises:
            Expired: the socket's caller may not watch any more.
            HubClosed: the feed was closed.
            Missed: updates were missed, and the client does not know `RELOAD`.
        """
        while not self._closed:
            if self._expired:
                raise Expired
            if self._reload:
                if not self._knows_reload:
                    raise Missed
                self._reload = False
                return RELOAD
            if self._messages:
                message = self._messages.pop(next(iter(self._messages)))
                self._characters -= len(message)
                self._counts.delivered += 1
                return message
            if self._heartbeat is not None:
                message, self._heartbeat = self._heartbeat, None
                return message
            self._something.clear()
            self._idle = True
            try:
                await self._something.wait()
            finally:
                self._idle = False
        raise HubClosed


def _passes(filters: Filters, facets: Facets) -> bool:
    status, task_type, symbol, owner = facets
    return (
        filters.status in (None, status)
        and filters.task_type in (None, task_type)
        and filters.symbol in (None, symbol)
        and filters.owner in (None, owner)
    )


class Feed:
    """Passes every task's updates to the inboxes that joined."""

    def __init__(self, counts: Counts | None = None) -> None:
        self._counts = counts or Counts()
        self._inboxes: set[Inbox] = set()
        self._known: dict[str, Facets] = {}
        self._closed = False

    def join(self, filters: Filters, *, reloads: bool = True, only: Filters = ALL) -> Inbox:
        """An inbox that gets the updates from now on.

        `reloads`: the client knows `RELOAD`; else `get` raises Missed in its place. `only`: what
        passes all that the client may see.
        """
        inbox = Inbox(filters, self._counts, reloads=reloads, only=only)
        if self._closed:
            inbox.close()
        self._inboxes.add(inbox)
        return inbox

    def leave(self, inbox: Inbox) -> bool:
        """Removes an inbox; whether others are left."""
        self._inboxes.discard(inbox)
        if not self._inboxes:
            self._known.clear()
        return bool(self._inboxes)

    def publish(self, update: Update) -> None:
        """Puts an update into each inbox whose filter the task passes, or passed before.

        A task's earlier facets are not known at its first update here: unless the task is new, the
        update is sent to all.
        """
        if update.message is None:
            return
        before = self._known.pop(update.task_id, None)
        self._known[update.task_id] = update.facets
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        for inbox in self._inboxes:
            passed = inbox.passes(before) if before else update.revision > 1
            if (passed or inbox.passes(update.facets)) and inbox.may_have(update.facets):
                inbox.put(update)

    def reload(self) -> None:
        """Makes every client read the list again, since updates were missed."""
        self._known.clear()
        for inbox in self._inboxes:
            inbox.reload()

    def listeners(self) -> int:
        """The number of inboxes."""
        return len(self._inboxes)

    def close(self) -> None:
        """Makes every inbox raise HubClosed, later ones too."""
        self._closed = True
        for inbox in self._inboxes:
            inbox.close()
