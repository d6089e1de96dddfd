"""The base of the service's methods on Redis: a store that runs flows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypeVar

from ..flows.flow import Flow
from ..flows.task_flows import Flows
from ..store.drivers import AsyncStore

T = TypeVar("T")


class FlowMethods(ABC):
    """Methods on Redis."""

    flows: Flows

    @abstractmethod
    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow on the service's store."""

    @abstractmethod
    async def _store(self) -> AsyncStore: ...
