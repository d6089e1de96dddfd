"""Revoke with terminate: ends a running task's process with a signal, through Celery's broker."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from typing import Any, Final

from ..daemon import daemon
from ..errors import InvalidEvent, ProgressError

logger = logging.getLogger(__name__)

#: Longest wait for the broker to take a revoke.
TIMEOUT_S = 5.0
#: Revokes that are being sent at once; a broker that hangs blocks no more threads than these.
MAX_ORDERS = 4


#: Why a terminate is refused where this process has no broker configured.
NO_BROKER: Final = (
    "terminate needs Celery's broker: set CELERY_BROKER_URL, or start `progress-backend serve -A "
    "proj`; without terminate a running job still ends at its next update. Nothing was changed"
)


class BrokerUnavailable(ProgressError):
    """The record is cancelled, but the broker did not take the revoke."""

    status_code = 503

    def __init__(self, task_id: str, why: object) -> None:
        begins = f"task {task_id} is cancelled, but the broker did not take the order to end its"
        ends = "the job still ends at its next update. To terminate it, send the same request again"
        super().__init__(f"{begins} process ({why}); {ends}")
        #: The message without kombu's own text, which names addresses.
        self.what = f"{begins} process; {ends}"
        self.status = "cancelled"


class Broker:
    """Sends revokes for one Celery app; connects to the broker at the first."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._on_the_way = 0
        #: Why no worker receives a command, "" where workers do; None until it is looked up.
        self._uncontrolled: str | None = None

    async def check(self) -> None:
        """Checks that workers with this app's configuration receive remote control commands.

        Raises:
            InvalidEvent: they do not.
        """
        if self._uncontrolled is None:
            # A transport is imported, which may take a moment.
            self._uncontrolled = await asyncio.to_thread(_uncontrolled, self._app)
        if self._uncontrolled:
            raise InvalidEvent(
                f"terminate needs Celery's remote control: {self._uncontrolled}; without terminate "
                "the job ends at its next update. Nothing was changed"
            )

    async def terminate(self, task_id: str) -> None:
        """Sends all workers a revoke that ends the task's process with SIGTERM and keeps it from
        starting.

        Raises:
            BrokerUnavailable: the broker did not take the revoke within `TIMEOUT_S`.
        """
        if self._on_the_way >= MAX_ORDERS:
            raise BrokerUnavailable(
                task_id, f"{self._on_the_way} revokes still wait for the broker"
            )
        sent: Future[None] = Future()

        def order() -> None:
            try:
                self._revoke(task_id)
                sent.set_result(None)
            except Exception as error:
                sent.set_exception(error)

        # A daemon thread: one that hangs on a dead broker must not keep the process from exiting.
        if daemon("progress-terminate", order) is None:
            raise BrokerUnavailable(task_id, "no thread is left")
        self._on_the_way += 1
        taken = asyncio.wrap_future(sent)
        taken.add_done_callback(self._arrived)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                await asyncio.shield(taken)
        except Exception as error:  # kombu's transports raise what their libraries raise
            unavailable = BrokerUnavailable(task_id, str(error) or f"waited {TIMEOUT_S:g} s")
            logger.warning("%s", unavailable)
            raise unavailable from error

    def _arrived(self, taken: asyncio.Future[None]) -> None:
        self._on_the_way -= 1
        taken.exception()  # else asyncio logs one that comes too late

    def _revoke(self, task_id: str) -> None:
        wait = TIMEOUT_S / 2
        options = None
        if str(self._app.conf.broker_write_url or "").startswith(("redis", "sentinel", "unix")):
            options = {"socket_timeout": wait, "socket_connect_timeout": wait}
        with self._app.connection_for_write(
            connect_timeout=wait, transport_options=options
        ) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=wait)
            self._app.control.revoke(
                task_id, terminate=True, signal="SIGTERM", connection=connection
            )


def _uncontrolled(app: Any) -> str:
    """Why a worker with this app's configuration receives no remote control commands; "" where it
    does. Celery's worker decides by the same two."""
    if not app.conf.worker_enable_remote_control:
        return "worker_enable_remote_control is off"
    try:
        with app.connection_for_write() as connection:
            if connection.supports_exchange_type("fanout"):
                return ""
            return f"the broker's transport {connection.transport.driver_name} has no fanout"
    except Exception as error:  # a transport that is not installed: the revoke answers with that
        logger.debug("the broker's transport is not known: %r", error)
        return ""
