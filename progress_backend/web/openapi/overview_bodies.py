"""Bodies of answers about workers."""

from __future__ import annotations

from pydantic import BaseModel, Field

from ...record.fields import Status
from .field_bodies import MEANINGS


class HeldTask(BaseModel):
    """A task that a worker runs."""

    task_id: str = Field(description=MEANINGS["task_id"])
    task_type: str = Field(description=MEANINGS["task_type"])
    status: Status = Field(description=MEANINGS["status"])
    percentage: float = Field(ge=0, le=100, description="The task's progress in percent.")


class Held(BaseModel):
    """The tasks that a worker runs."""

    total: int = Field(description="How many there are.")
    tasks: list[HeldTask] = Field(
        description="The oldest tasks: up to 20, or fewer if there are more than 100 workers."
    )


class WorkerRow(BaseModel):
    """A worker, as its lease describes it."""

    name: str = Field(description="Name of the Celery node, such as celery@host.")
    last_sign_at: str | None = Field(
        description="When the worker last renewed its lease; null after it has shut down."
    )
    live: bool = Field(
        description="Whether its lease is valid. If not, the worker has shut down or is lost."
    )
    holds: Held = Field(description="The tasks that it runs.")


class WorkerList(BaseModel):
    """The workers that track tasks."""

    workers: list[WorkerRow] = Field(
        description="Up to 500 workers with the newest leases: living workers first, then by name."
    )
    total: int = Field(description="How many there are.")
    oldest_wait_ms: int | None = Field(
        description="How long the oldest task has waited that may start now. Planned tasks and "
        "tasks with a later eta do not count. Null if no task waits."
    )
    types: list[str] = Field(description="The task types that have run, sorted by name.")
    still_running: int = Field(description="Tasks ended by a request that a worker still runs.")
    at: str = Field(description="When this was read, by Redis's clock.")
