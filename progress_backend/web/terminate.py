"""Ends the process of a running task with a signal, through Celery's broker."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..errors import InvalidEvent, ProgressError

#: Longest wait for the broker to take the order.
TIMEOUT_S = 5.0
#: Orders on their way at the same time; a broker that hangs holds no more threads than these.
_THREADS = 4
_NO_BROKER = (
    "terminate needs Celery's broker: set CELERY_BROKER_URL, or start "
    "`progress-backend serve -A proj`; without terminate a running job still ends at its next "
    "update. Nothing was changed"
)


class NoBroker(InvalidEvent):
    """Terminating was asked for, and this process knows no broker."""

    def __init__(self) -> None:
        super().__init__(_NO_BROKER)


class BrokerUnavailable(ProgressError):
    """The record is cancelled, but the order to terminate did not leave."""

    status_code = 503

    def __init__(self, task_id: str, why: object) -> None:
        super().__init__(
            f"task {task_id} is cancelled, but its process was not told to end, because the "
            f"broker does not answer ({why}); the job still ends at its next update. To "
            "terminate it, send the same request again"
        )
        self.status = "cancelled"


class Broker:
    """Sends revoke orders for one Celery app; does not touch the broker before the first."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="progress-terminate")
        self._on_the_way = 0

    async def terminate(self, task_id: str) -> None:
        """Tells all workers to end the task's process with SIGTERM, and never to start it.

        Raises:
            BrokerUnavailable: the broker did not take the order within `TIMEOUT_S`.
        """
        if self._on_the_way >= _THREADS:
            raise BrokerUnavailable(task_id, f"{self._on_the_way} orders still wait for it")
        self._on_the_way += 1
        order = asyncio.get_running_loop().run_in_executor(self._threads, self._revoke, task_id)
        order.add_done_callback(self._arrived)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await asyncio.shield(order)
        except TimeoutError:
            raise BrokerUnavailable(task_id, f"waited {TIMEOUT_S:g} s") from None
        except Exception as error:  # kombu's transports raise what their libraries raise
            raise BrokerUnavailable(task_id, error) from error

    def close(self) -> None:
        """Starts no more orders."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _revoke(self, task_id: str) -> None:
        wait = TIMEOUT_S / 2
        options = {"socket_timeout": wait, "socket_connect_timeout": wait}
        redis = str(self._app.conf.broker_write_url or "").startswith(("redis", "sentinel", "unix"))
        with self._app.connection_for_write(
            connect_timeout=wait, transport_options=options if redis else None
        ) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=wait)
            self._app.control.revoke(
                task_id, terminate=True, signal="SIGTERM", connection=connection
            )

    def _arrived(self, order: asyncio.Future[None]) -> None:
        self._on_the_way -= 1
        if not order.cancelled():
            order.exception()  # seen: who waited has been told
