"""What a WebSocket or event stream follows: a task, or a workflow."""

from __future__ import annotations

from typing import Protocol

from ...errors import TaskNotFound, WorkflowNotFound
from ...flows import workflows
from ...live.hub import Receiver
from ...live.update import Update
from ..current import current
from ..state import Api


class Source(Protocol):
    """A task or a workflow with its current state and its updates."""

    @property
    def ended(self) -> str:
        """The reason with which a socket closes at the end."""

    def missing(self) -> TaskNotFound:
        """The error that there is none."""

    async def join(self, receiver: Receiver[Update]) -> None:
        """Adds a receiver of the updates; returns when the subscription is confirmed.

        Raises:
            StoreUnavailable: Redis did not confirm the subscription in time; `leave` has to be
                called all the same.
        """

    def leave(self, receiver: Receiver[Update]) -> None:
        """Ends one `join`."""

    async def snapshot(self) -> Update:
        """The current state, read after the subscription was confirmed.

        Raises:
            TaskNotFound: there is none.
            ForeignValue: the value that is stored there is no record.
            StoreUnavailable: the store does not answer.
        """


class TaskSource:
    """A task."""

    __slots__ = ("_api", "_task_id")

    ended = "the task has ended"

    def __init__(self, api: Api, task_id: str) -> None:
        self._api = api
        self._task_id = task_id

    def missing(self) -> TaskNotFound:
        """See `Source`."""
        return TaskNotFound(self._task_id)

    async def join(self, receiver: Receiver[Update]) -> None:
        """See `Source`."""
        await self._api.listener.watches.join(self._task_id, receiver)

    def leave(self, receiver: Receiver[Update]) -> None:
        """See `Source`."""
        self._api.listener.watches.leave(self._task_id, receiver)

    async def snapshot(self) -> Update:
        """See `Source`."""
        epoch = self._api.listener.watches.epoch
        return Update.of(await current(self._api, self._task_id), epoch, self._api.zone)


class WorkflowSource:
    """A workflow."""

    __slots__ = ("_api", "_workflow_id")

    ended = "the workflow has ended"

    def __init__(self, api: Api, workflow_id: str) -> None:
        self._api = api
        self._workflow_id = workflow_id

    def missing(self) -> TaskNotFound:
        """See `Source`."""
        return WorkflowNotFound(self._workflow_id)

    async def join(self, receiver: Receiver[Update]) -> None:
        """See `Source`."""
        await self._api.listener.watches.join_workflow(self._workflow_id, receiver)

    def leave(self, receiver: Receiver[Update]) -> None:
        """See `Source`."""
        self._api.listener.watches.leave_workflow(self._workflow_id, receiver)

    async def snapshot(self) -> Update:
        """See `Source`."""
        api, epoch = self._api, self._api.listener.watches.epoch
        flow = workflows.status(api.flows, self._workflow_id, await api.now())
        body = await api.store.run(flow)
        if body is None:
            raise self.missing()
        return Update.of_workflow(body, epoch, self._workflow_id)
