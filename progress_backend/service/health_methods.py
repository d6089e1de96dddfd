"""The service's health check, as calls of flows."""

from __future__ import annotations

import logging
import time
from typing import Final

from ..errors import StoreUnavailable, printable
from ..operations import counts
from .bodies import health
from .flow_methods import FlowMethods
from .interface import Body

logger = logging.getLogger(__name__)

#: How many of the newest tasks the health check reads for values that are no records: a fixed cost.
NEWEST_LOOKED_AT: Final = 100


class HealthMethods(FlowMethods):
    """The health check."""

    async def health_check(self) -> Body:
        """Reads the state of the store, as `GET /internal/health` has it: `status` is "healthy",
        "degraded" with a `reason`, or "unhealthy" while the store does not answer. It raises
        nothing."""
        sent = time.perf_counter()
        try:
            store = await self._store()
            counted = await store.execute(self.flows.count(store.now()))
            took_ms = round((time.perf_counter() - sent) * 1000, 1)
            unreadable = await self.run(self.flows.unreadable(NEWEST_LOOKED_AT))
        except StoreUnavailable as error:
            logger.warning("the service is unhealthy: %s", error)
            return health("unhealthy", counts.Counted(0, 0, 0, 0), "disconnected", None)
        body = health("healthy", counted, "connected", took_ms)
        redis = body["dependencies"]["redis"]
        redis["key_prefix"] = self.flows.settings.key_prefix
        redis["unreadable_tasks"] = len(unreadable)
        faults = [
            f"{name} is a {kind}, which another program wrote" for name, kind in counted.wrong_keys
        ]
        if counted.no_writes or store.refusal:
            faults.insert(0, counted.no_writes or store.refusal)
        if counted.eviction:
            faults.append(counted.eviction)
        if unreadable:
            task_id, fault = unreadable[0]
            count = f"{len(unreadable)} of the newest {NEWEST_LOOKED_AT}"
            such_as = f"{printable(task_id)}: {fault}"
            faults.append(f"{count} tasks have no readable record, such as {such_as}")
        if faults:
            body.update(status="degraded", reason="; ".join(faults))
        return body
