"""Bodies of answers about the service's health."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Connection = Annotated[
    Literal["connected", "disconnected"], Field(description="Whether it answers now.")
]


class MemoryUsage(BaseModel):
    """Use of the store, not of this process."""

    tasks_in_memory: int = Field(description="Records in the store.")
    memory_usage_mb: float = Field(description="Memory in use by the store's server, in MiB.")


class Redis(BaseModel):
    """The store's server."""

    status: Connection
    response_time_ms: float | None = Field(description="How long it took to answer.")
    key_prefix: str | None = Field(
        default=None, description="Prefix of its keys; not there while the store does not answer."
    )


class ListenerState(BaseModel):
    """This process's subscription to updates."""

    status: Connection
    watched_tasks: int = Field(description="Tasks and workflows that clients watch one by one.")
    watchers: int = Field(description="Sockets and event streams of these.")


class Dependencies(BaseModel):
    """State of the service's dependencies."""

    redis: Redis = Field(description="State of the store.")
    listener: ListenerState = Field(description="State of this process's subscription to updates.")


class Health(BaseModel):
    """Health of the service."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="Whether all of it works; degraded: reads do, the reason says what does not."
    )
    reason: str | None = Field(default=None, description="Why it is degraded.")
    version: str = Field(description="Version of progress-backend.")
    active_tasks: int = Field(description="Tasks that are running.")
    total_tasks_today: int = Field(
        description="Tasks created since midnight of the configured zone."
    )
    memory_usage: MemoryUsage = Field(description="What the store holds.")
    dependencies: Dependencies = Field(description="State of its store and subscription.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = Field(description="Always this word.")
