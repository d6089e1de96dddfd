"""The base of the service's methods: a store that runs flows, and bodies as dictionaries."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import Any, TypeVar

from ..flows.flow import Flow
from ..flows.task_flows import Flows
from ..store.drivers import AsyncStore
from ..store.memory import MemoryStore

T = TypeVar("T")
Body = dict[str, Any]


class FlowMethods(ABC):
    """Methods on any store that runs flows."""

    flows: Flows

    @abstractmethod
    async def run(self, flow: Flow[T]) -> T:
        """Runs a flow on the service's store."""

    @abstractmethod
    async def _store(self) -> MemoryStore | AsyncStore: ...


def loaded(document: bytes) -> Body:
    """A body that is JSON text."""
    body: Body = json.loads(document)
    return body
