"""The blocking store interface, and the store for the scheme of the settings' URL."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from ..addresses import CLUSTER_SCHEMES, STORE_SCHEMES, scheme_of
from ..errors import SettingsError
from ..flows.commands import Command
from ..flows.flow import Flow
from ..flows.task_flows import Flows
from ..settings import Settings
from .drivers import Store

T = TypeVar("T")


class AnyStore(Protocol):
    """A store as threads use it. `run`, `execute`, `ready` and `measure_clock` raise
    StoreUnavailable while Redis does not answer."""

    settings: Settings
    flows: Flows

    def now(self) -> datetime:
        """The store's time, as last measured."""

    def ready(self) -> None:
        """Measures the store's clock, unless it was measured less than a minute ago."""

    def measure_clock(self) -> None:
        """Measures the store's clock."""

    def server(self) -> str:
        """The `run_id` of the Redis server that answers; "" where it is not known."""

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """`with`: bounds all store calls of this thread in the block to so many seconds
        together."""

    def left_s(self) -> float:
        """Seconds that are left of the block's time; raises TimeoutError if none are."""

    def run(self, flow: Flow[T]) -> T:
        """Runs a flow to its end."""

    def execute(self, command: Command) -> Any:
        """Runs one store command."""

    def close(self) -> None:
        """Closes the connections."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


_STORES: dict[str, Callable[[Settings, float], AnyStore]] = {
    **dict.fromkeys((*STORE_SCHEMES, *CLUSTER_SCHEMES), Store),
}


def open_store(settings: Settings, timeout_s: float = 5.0) -> AnyStore:
    """The store that the settings' URL names, for the caller to close; it connects at its first
    use. `timeout_s` bounds each command as a whole.

    Raises:
        SettingsError: no store's URL is set, or the URL cannot be used.
    """
    if settings.redis_url is None:
        raise SettingsError("no store: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0")
    return _STORES[scheme_of(settings.redis_url)](settings, timeout_s)
