"""The store that the settings name, whichever it is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol, Self, TypeVar

from ..addresses import CLUSTER_SCHEMES, STORE_SCHEMES, scheme_of
from ..errors import SettingsError
from ..flows.commands import Command
from ..flows.task_flows import Flow, Flows
from ..settings import Settings
from .drivers import Store

T = TypeVar("T")


class AnyStore(Protocol):
    """What a thread does with a store. A flow, a command, `ready` and `measure_clock` raise
    StoreUnavailable while the store is away."""

    settings: Settings
    flows: Flows

    def now(self) -> datetime:
        """The store's time, as last measured."""

    def ready(self) -> None:
        """Measures the store's clock unless that was done a moment ago."""

    def measure_clock(self) -> None:
        """Measures the store's clock."""

    def server(self) -> str:
        """Which run of which server answers; "" where that is not known."""

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """`with`: all that this thread asks the store in there takes so long at most."""

    def left_s(self) -> float:
        """Seconds that are left of it; raises TimeoutError if none are."""

    def run(self, flow: Flow[T]) -> T:
        """Drives a flow to its end."""

    def execute(self, command: Command) -> Any:
        """Carries out one command."""

    def close(self) -> None:
        """Closes the connections."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


_STORES: dict[str, Callable[[Settings, float], AnyStore]] = {
    **dict.fromkeys((*STORE_SCHEMES, *CLUSTER_SCHEMES), Store),
}


def open_store(settings: Settings, timeout_s: float = 5.0) -> AnyStore:
    """The store, for the caller to close; it connects at its first use. `timeout_s` bounds each
    command as a whole.

    Raises:
        SettingsError: no store is named, or its URL cannot be used.
    """
    if settings.redis_url is None:
        raise SettingsError("no store: set PROGRESS_REDIS_URL, e.g. redis://127.0.0.1:6379/0")
    return _STORES[scheme_of(settings.redis_url)](settings, timeout_s)
