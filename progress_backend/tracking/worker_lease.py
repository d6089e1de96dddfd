"""The lease of a Celery worker, from its start to its shutdown; beat's check has no lease."""

from __future__ import annotations

import logging
import os
import sys
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from celery import signals
from celery.bootsteps import StartStopStep
from kombu.utils.imports import symbol_by_name

from ..record.redaction import KEYS
from ..record.secret_texts import patterns
from ..runs import worker_shutdown
from ..settings import misspelt
from . import connections
from .headers import RUN
from .request_methods import watch_requests
from .tracker import LEASE_VARIABLE, LIMIT_VARIABLE, Tracker, tracker_of

if TYPE_CHECKING:
    from .lease_thread import LeaseThread

logger = logging.getLogger(__name__)

#: This process's keepers, by the number of their app's tracker.
_keepers: dict[int, LeaseThread] = {}
#: The value of `LEASE_VARIABLE` before a worker of the app started.
_before: dict[int, str | None] = {}


def at_work() -> dict[str, set[int]] | None:
    """Ids of the tasks that this worker's main process has received or runs, in any pool, with the
    numbers of their runs; those that run come first. None if the set changed meanwhile."""
    from celery.worker import state

    numbers: dict[str, set[int]] = {}
    try:
        for request in (*state.active_requests, *state.requests.values()):
            numbers.setdefault(str(request.id), set()).add(request.request_dict.get(RUN, 0))
    except RuntimeError:
        return None
    return numbers


def worker_began(tracker: Tracker, worker: Any) -> None:
    """Sets the lease for this process and its later children (`worker_init`), imports what their
    runs need, and compiles the patterns of secrets, which takes 7 ms."""
    connections.load()
    patterns(KEYS)
    watch_requests()
    worker_shutdown.worker_begins()
    os.environ[LIMIT_VARIABLE] = f"{worker.time_limit or 0}"
    _before[tracker.number] = os.environ.get(LEASE_VARIABLE)
    os.environ[LEASE_VARIABLE] = f"{worker.hostname}/{uuid.uuid4().hex}"
    _load_django_backends()


def _load_django_backends() -> None:
    """Imports the backends of Django's tasks: ours registers its Celery task."""
    conf = sys.modules.get("django.conf")
    if conf is not None and hasattr(conf.global_settings, "TASKS") and conf.settings.configured:
        for backend in conf.settings.TASKS.values():
            try:
                symbol_by_name(backend["BACKEND"])  # type: ignore[no-untyped-call]  # kombu has none
            except Exception as error:  # another package's may raise anything
                logger.warning("TASKS has a backend that cannot be imported: %r", error)


def worker_is_ready(tracker: Tracker, consumer: Any) -> None:
    """Starts to renew the lease (`worker_ready`).

    Not earlier: a native thread that imports modules while gevent's pool is imported can block the
    worker's start for ever, since import locks are gevent's by then.
    """
    pool = getattr(consumer, "pool", None)
    lease = os.environ.get(LEASE_VARIABLE)
    _begin(tracker, lease, lambda: getattr(pool, "num_processes", None))


def worker_ended(tracker: Tracker, _: Any) -> None:
    """Ends the lease (`worker_shutdown`). If the process outlives its worker, later runs are not
    under this lease."""
    if (keeper := _keepers.pop(tracker.number, None)) is not None:
        keeper.stop()
    if tracker.number in _before:
        os.environ.pop(LEASE_VARIABLE, None)
        if (before := _before.pop(tracker.number)) is not None:
            os.environ[LEASE_VARIABLE] = before


def beat_began(tracker: Tracker, _: Any) -> None:
    """Starts the check for lost runs in beat (`beat_init`), without a lease of its own. Where
    webhooks are configured, beat sends their events too."""
    if _begin(tracker, None):
        from ..webhooks import begin_sending

        begin_sending(tracker.settings)


def _begin(
    tracker: Tracker, lease: str | None, slots: Callable[[], int | None] = lambda: None
) -> bool:
    """Starts a keeper if tracking is on and this process has none; returns whether it did."""
    known = tracker.process is not None and tracker.settings.redis_url is not None
    if begins := known and tracker.number not in _keepers:
        from .lease_thread import LeaseThread
        from .remote_tasks import left
        from .result_backend import ResultBackend

        ask = ResultBackend(tracker.app).ask
        markings = None if lease is None else left(tracker)
        keeper = LeaseThread(tracker.settings, lease, ask, at_work, markings, slots)
        _keepers[tracker.number] = keeper
        keeper.start()
        for name, close in misspelt((*os.environ, *tracker.app.conf)):
            logger.warning("%s is ignored: there is no such setting; is it %s?", name, close)
    return begins


class _ColdEnd(StartStopStep):  # type: ignore[misc]  # celery is untyped
    """Ends the lease at a cold shutdown, for which Celery sends no worker_shutdown, and at the end
    of a worker in a test's thread."""

    def terminate(self, worker: Any) -> None:
        _of_its_app(worker_ended)(worker)


def _of_its_app(handler: Callable[[Tracker, Any], None]) -> Callable[..., None]:
    """A signal's handler for the tracked app of its sender."""

    def of_its_app(sender: Any = None, **_: Any) -> None:
        tracker = tracker_of(getattr(sender, "app", None))
        if tracker is not None and not tracker.disabled:
            handler(tracker, sender)

    return of_its_app


def _shuts_down(**_: Any) -> None:
    """Notes the shutdown for the pool's processes (`worker_shutting_down`; its sender is a node's
    name). Sent within a signal handler: no lock may be taken here."""
    worker_shutdown.begin()


def connect(tracker: Tracker) -> None:
    """Connects the worker's and beat's signals, for all apps of the process; a further call only
    adds the app's bootstep."""
    tracker.app.steps["worker"].add(_ColdEnd)
    for signal, handler in (
        (signals.worker_init, _of_its_app(worker_began)),
        (signals.worker_ready, _of_its_app(worker_is_ready)),
        (signals.worker_shutting_down, _shuts_down),
        (signals.worker_shutdown, _of_its_app(worker_ended)),
        (signals.beat_init, _of_its_app(beat_began)),
    ):
        signal.connect(handler, weak=False, dispatch_uid="progress-lease")


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_keepers.clear)
