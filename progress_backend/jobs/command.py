"""The jobs of an app in a process that has no API: that of a command."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Self

from celery import Celery

from ..errors import ProgressError, SettingsError, TaskNotFound
from ..flows import shown_record
from ..record.failures import described
from ..service.redis_progress_service import RedisProgressService
from .starts import Starts


class CommandJobs:
    """Starts jobs for whoever runs the command, who is bound to no owner."""

    def __init__(self, starts: Starts, service: RedisProgressService) -> None:
        self._starts, self._service = starts, service

    @classmethod
    async def of(cls, app: Celery, service: RedisProgressService) -> Self:
        """The jobs of an app, the tasks of which are imported.

        Raises:
            SettingsError: its tasks cannot be imported, or run where they are called.
            StoreUnavailable: the store does not answer.
        """
        store = await service.opened()
        try:
            return cls(await asyncio.to_thread(Starts, app, store, service), service)
        except ProgressError:
            raise
        except Exception as error:  # whatever a task module raises
            raise SettingsError(f"the tasks cannot be imported: {described(error)}") from error

    async def start(self, name: str, given: Mapping[str, Any], key: str | None) -> str:
        """Starts a job; its task's id.

        Raises:
            SettingsError: no such job can be started.
            ProgressError: as `Job.checked` and `Starts.start`.
        """
        starts = self._starts
        if (job := starts.jobs.get(name)) is None:
            why = starts.closed.get(name, "no task with @progress_task(start=True) has this name")
            raise SettingsError(f"job {name} cannot be started: {why}")
        arguments = job.checked(given)
        return await starts.start(job, arguments, starts.identity(job, arguments, None), key)

    async def again(self, task_id: str) -> str:
        """Runs an ended task again; the new task's id.

        Raises:
            TaskNotFound: there is no record.
            ProgressError: as `Starts.again`.
        """
        service = self._service
        record = await service.run(shown_record.record(service.flows, task_id))
        if record is None:
            raise TaskNotFound(task_id)
        return await self._starts.again(task_id, record, None)
