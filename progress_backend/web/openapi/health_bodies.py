"""Bodies of answers about the service's health."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Connection = Annotated[
    Literal["connected", "disconnected"], Field(description="Whether the connection works now.")
]


class MemoryUsage(BaseModel):
    """Memory of Redis, not of this process."""

    tasks_in_memory: int = Field(description="Number of records in Redis.")
    memory_usage_mb: float = Field(description="Memory that Redis uses, in MiB.")


class Redis(BaseModel):
    """The store's server."""

    status: Connection
    response_time_ms: float | None = Field(description="Milliseconds until Redis replied.")
    key_prefix: str | None = Field(
        default=None, description="Prefix of the keys; absent while Redis does not reply."
    )


class ListenerState(BaseModel):
    """This process's subscription to updates."""

    status: Connection
    watched_tasks: int = Field(
        description="Number of tasks and workflows that clients watch individually."
    )
    watchers: int = Field(description="Number of sockets and event streams that watch them.")


class Dependencies(BaseModel):
    """State of the service's dependencies."""

    redis: Redis = Field(description="State of Redis.")
    listener: ListenerState = Field(description="State of this process's subscription to updates.")


class Health(BaseModel):
    """Health of the service."""

    status: Literal["healthy", "degraded", "unhealthy"] = Field(
        description="healthy: all works. degraded: reads work, and reason names what does not. "
        "unhealthy: Redis does not reply."
    )
    reason: str | None = Field(default=None, description="Why the service is degraded.")
    version: str = Field(description="Version of progress-backend.")
    active_tasks: int = Field(description="Tasks that are running.")
    total_tasks_today: int = Field(
        description="Tasks created since midnight of the configured zone."
    )
    memory_usage: MemoryUsage = Field(description="What Redis holds.")
    dependencies: Dependencies = Field(description="State of Redis and of the subscription.")


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = Field(description="Always this word.")
