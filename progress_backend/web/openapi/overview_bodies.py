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
    percentage: float = Field(ge=0, le=100, description="How much of it is done.")


class Held(BaseModel):
    """The tasks that a worker runs."""

    total: int = Field(description="How many there are.")
    tasks: list[HeldTask] = Field(
        description="Those created first, 20 at most; fewer where there are more than 100 workers."
    )


class WorkerRow(BaseModel):
    """A worker, as its lease tells."""

    name: str = Field(description="Name of Celery's node, such as celery@host.")
    last_sign_at: str | None = Field(
        description="When it renewed its lease last; null once it has shut down."
    )
    live: bool = Field(description="Whether its lease is valid: else it has ended, or is lost.")
    holds: Held = Field(description="What it runs.")


class WorkerList(BaseModel):
    """The workers that track tasks."""

    workers: list[WorkerRow] = Field(
        description="The 500 that were seen last at most, the living ones first, by name."
    )
    total: int = Field(description="How many there are.")
    oldest_wait_ms: int | None = Field(
        description="How long the task waits that was created first of those that may begin: "
        "planned steps and tasks with an eta to come are none. null where none waits."
    )
    types: list[str] = Field(description="The task types that have run, by name.")
    at: str = Field(description="When this was read, by the store's clock.")
