"""The lease of a Celery worker, from its start to its shutdown; and beat's pass without one."""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any

from celery import signals
from celery.bootsteps import StartStopStep

from ..runs import worker_shutdown
from . import connections
from .tracker import LEASE_VARIABLE, Tracker

if TYPE_CHECKING:
    from .keeper import Keeper


def at_work() -> dict[str, set[int]] | None:
    """Ids of the tasks that this worker's main process has received or runs, in any pool, with the
    numbers of their runs; those that run come first. None if the set changed meanwhile."""
    from celery.worker import state

    from .headers import RUN

    numbers: dict[str, set[int]] = {}
    try:
        for request in (*state.active_requests, *state.requests.values()):
            numbers.setdefault(request.id, set()).add(request.request_dict.get(RUN, 0))
    except RuntimeError:
        return None
    return numbers


class Keepers:
    """An app's lease in this process, from its worker's start to its shutdown; and beat's pass
    without one."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._kept: dict[int, Keeper] = {}
        #: The variable's value before this process's worker started.
        self._before: list[str | None] = []

    def worker_began(self, sender: Any = None, **_: Any) -> None:
        """Sets the lease for this process and its later children (`worker_init`), and imports what
        their runs need."""
        if self._ours(sender):
            connections.load()
            worker_shutdown.worker_begins()
            self._before = [os.environ.get(LEASE_VARIABLE)]
            os.environ[LEASE_VARIABLE] = f"{sender.hostname}/{uuid.uuid4().hex}"

    def worker_is_ready(self, sender: Any = None, **_: Any) -> None:
        """Starts to renew the lease (`worker_ready`).

        Not earlier: a native thread that imports modules while gevent's pool is imported can block
        the worker's start for ever, since import locks are gevent's by then.
        """
        if self._ours(sender):
            self._begin(os.environ.get(LEASE_VARIABLE))

    def worker_shuts_down(self, **_: Any) -> None:
        """Tells the pool's processes of the shutdown (`worker_shutting_down`, whose sender is a
        node's name). Sent within a signal handler: no lock may be taken here."""
        worker_shutdown.begin()

    def beat_began(self, sender: Any = None, **_: Any) -> None:
        """Starts beat's pass (`beat_init`): beat has no lease, but looks for those that ran out.
        Where webhooks are configured, it sends their events too."""
        if self._ours(sender) and self._begin(None):
            from ..webhooks import begin_sending

            begin_sending(self._tracker.settings)

    def worker_ended(self, sender: Any = None, **_: Any) -> None:
        """Ends the lease (`worker_shutdown`). A process that outlives its worker runs nothing under
        it."""
        if not self._ours(sender):
            return
        if (keeper := self._kept.pop(os.getpid(), None)) is not None:
            keeper.stop()
        while self._before:
            os.environ.pop(LEASE_VARIABLE, None)
            if (before := self._before.pop()) is not None:
                os.environ[LEASE_VARIABLE] = before

    def _ours(self, sender: Any) -> bool:
        return getattr(sender, "app", None) is self._tracker.app

    def _begin(self, lease: str | None) -> bool:
        """Starts a keeper; whether there was none in this process, and tracking is on."""
        tracker = self._tracker
        known = tracker.process is not None and tracker.settings.redis_url is not None
        if begins := known and os.getpid() not in self._kept:
            from .keeper import Keeper
            from .remote_tasks import left
            from .result_backend import result_backend

            ask = result_backend(tracker.app)
            markings = None if lease is None else left(tracker)
            keeper = Keeper(tracker.settings, lease, ask, at_work, markings)
            self._kept[os.getpid()] = keeper
            keeper.start()
        return begins


def connect(tracker: Tracker) -> None:
    """Connects the worker's and beat's signals; further calls change nothing."""
    keepers = Keepers(tracker)

    class ColdEnd(StartStopStep):  # type: ignore[misc]  # celery is untyped
        """Ends the lease at a cold shutdown, for which Celery sends no worker_shutdown, and at the
        end of a worker in a test's thread."""

        def terminate(self, worker: Any) -> None:
            keepers.worker_ended(worker)

    tracker.app.steps["worker"].add(ColdEnd)
    for signal, handler in (
        (signals.worker_init, keepers.worker_began),
        (signals.worker_ready, keepers.worker_is_ready),
        (signals.worker_shutting_down, keepers.worker_shuts_down),
        (signals.worker_shutdown, keepers.worker_ended),
        (signals.beat_init, keepers.beat_began),
    ):
        tracker.connect(signal, handler, "lease")
