"""One client's view of one task or workflow, from its current state to its end; a receiver of
its updates, for WebSockets and event streams alike."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from ...errors import TaskNotFound, WorkflowNotFound
from ...flows import workflow_bodies
from ...live.update import Update
from ...record.responses import Languages
from ..openapi.parameters import is_task_id
from ..rights import Resource
from ..state import Api
from . import closes

#: Longest time between two reads of the store's clock, which may be set meanwhile.
_LONGEST_S: Final = 60.0


class TextWriter(Protocol):
    """What sends to the client: the writer of a socket or event stream, or its part of a socket
    that is shared. Neither method may wait."""

    def put(self, update: Update) -> None:
        """Sends the update, or the newest one once there is room."""

    def close(self, code: int, reason: str) -> None:
        """Sends the client, after the last update, that no more will come."""


class Watcher:
    """Passes newer updates to the client, and closes its writer when no more will come."""

    __slots__ = (
        "_api",
        "_early",
        "_joined",
        "_languages",
        "_timer",
        "_watched",
        "_writer",
        "known",
    )

    def __init__(
        self, api: Api, watched: Resource, writer: TextWriter, languages: Languages = (None, None)
    ) -> None:
        self._api = api
        self._languages = languages
        #: A task or a workflow.
        self._watched = watched
        self._writer = writer
        self._joined = False
        self._timer: asyncio.TimerHandle | None = None
        self._early: Update | None = None
        #: The newest update that was sent; None before `begin`.
        self.known: Update | None = None

    def missing(self) -> TaskNotFound:
        """The error that there is no such task or workflow."""
        its_id = str(self._watched.id)
        return TaskNotFound(its_id) if self._watched.kind == "task" else WorkflowNotFound(its_id)

    async def join(self) -> None:
        """Sends the current state and, from then on, each update, until `leave`.

        Raises:
            TaskNotFound: there is none.
            ForeignValue: the value that is stored there is no record.
            StoreUnavailable: the store does not answer, or does not confirm the subscription.
        """
        its_id, watches = str(self._watched.id), self._api.listener.watches
        if not is_task_id(its_id):
            raise self.missing()
        self._joined = True
        await watches.join(self._watched.kind, its_id, self)
        # The subscription is confirmed: every commit that the snapshot does not have is received.
        snapshot = await self._snapshot(its_id)
        if self._joined:
            self.begin(snapshot)

    async def _snapshot(self, its_id: str) -> Update:
        api, epoch = self._api, self._api.listener.watches.epoch
        if self._watched.kind == "task":
            if (shown := await api.tasks.of(its_id)) is None:
                raise self.missing()
            return Update.of_record(shown.record, epoch)
        body = await api.store.run(workflow_bodies.status(api.flows, its_id, await api.now()))
        if body is None:
            raise self.missing()
        return Update.of_workflow(body, epoch, its_id)

    def begin(self, snapshot: Update) -> None:
        """Sends the current state, then the newest update that arrived while it was read."""
        self.known = snapshot
        self._send(snapshot)
        if self._early is not None:
            self.put(self._early)
            self._early = None

    def put(self, update: Update) -> None:
        """Gets an update; never waits."""
        if self.known is None:
            self._early = update
        elif update.supersedes(self.known):
            self._send(update)

    def close(self) -> None:
        """Closes the writer since the service shuts down."""
        self._writer.close(closes.RESTART, closes.RESTARTS)

    def leave(self) -> None:
        """Sends nothing more."""
        self._stop()
        if self._joined:
            self._joined = False
            watches = self._api.listener.watches
            watches.leave(self._watched.kind, str(self._watched.id), self)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self, update: Update) -> None:
        self.known = update
        self._stop()
        if update.message is not None:
            self._writer.put(update.in_language(*self._languages))
            if not update.ended:
                return
        if update.ended:
            self._close_or_wait(update)
        else:  # a deleted record may be written again
            self._wait(self._api.settings.lease_s)

    def _close_or_wait(self, update: Update) -> None:
        """Closes the writer of what has ended; where its message may be delivered again, only after
        that time, and after a message that the end is final."""
        if left_s := update.left_s(self._api.store.now()):
            self._wait(min(left_s, _LONGEST_S))
        else:
            if update.again_until is not None and not update.later:
                final = update.as_final(self._api.settings.locale)
                self._writer.put(final.in_language(*self._languages))
            why = "; it is lost, and continues if its worker was frozen" if update.lost else ""
            self._writer.close(closes.ENDED, f"the {self._watched.kind} has ended{why}")

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_over)

    def _time_is_over(self) -> None:
        if self.known is None or self.known.message is None:
            self._writer.close(closes.UNKNOWN, str(self.missing()))
        else:
            self._close_or_wait(self.known)
