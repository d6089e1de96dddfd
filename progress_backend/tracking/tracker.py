"""The state of tracking for one Celery app, and for this process."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from celery import Celery
from celery.local import Proxy

from ..errors import SettingsError
from ..settings import Settings, in_tests, is_off, is_set
from .decorator import Marking, marking_of
from .headers import HEADER

if TYPE_CHECKING:
    from ..record.model import Worker
    from ..runs.run import Run
    from ..store.drivers import Store
    from .process import Process

logger = logging.getLogger(__name__)

#: Environment variable with the lease of this process's runs: set by the worker's main process,
#: read by its children, forked or spawned.
LEASE_VARIABLE = "PROGRESS_WORKER_LEASE"
#: In the same way the worker's hard time limit in seconds, "0" without one.
LIMIT_VARIABLE = "PROGRESS_WORKER_TIME_LIMIT"
_UNTRACKED = ("celery.", "progress.")
#: Celery's tasks that run the items of a user's `map`, `starmap` and `chunks`.
_OF_ITEMS = ("celery.map", "celery.starmap")

#: Attribute of an app: its tracker. The app is freed with it once nothing else refers to it.
_TRACKER = "_progress_tracker"
#: By their numbers, in the order of installation.
_trackers: WeakValueDictionary[int, Tracker] = WeakValueDictionary()
_numbers = itertools.count(1)


class Tracker:
    """The tracking of one Celery app; `process` is made again after a fork."""

    def __init__(
        self, app: Celery, *, track: str, exclude: Iterable[str], given: dict[str, Any]
    ) -> None:
        self.app = app
        #: Unique among all trackers of the process, those that are gone included.
        self.number = next(_numbers)
        self._all = track == "all"
        self._exclude = frozenset(exclude)
        self._given = given
        self._markings: dict[str, Marking | None] = {}
        #: Cached markings of tasks that are not imported here, None for a name without one; and the
        #: monotonic time until which each is valid.
        self.remote: dict[str, tuple[Marking | None, float]] = {}
        self._settings: Settings | None = None
        self._process: Process | None = None
        #: In a process that a job has forked: the runs of its parent, by their numbers.
        self.forked_runs: dict[int, Run] = {}
        self._lock = threading.Lock()
        #: Whether a setting turns tracking off.
        self.disabled = is_off(os.environ, **given)
        self._off = self.disabled

    @property
    def settings(self) -> Settings:
        """The app's settings, read at their first use from the environment and the app's
        configuration.

        Raises:
            SettingsError: a setting cannot be used.
        """
        if in_tests:
            return in_tests[-1]
        if self._settings is None:
            self._settings = self.read_settings()
        return self._settings

    def is_set(self, name: str) -> bool:
        """Whether `install`, the environment or the app's configuration names the setting."""
        return is_set(name, self.app.conf, os.environ, **self._given)

    def read_settings(self) -> Settings:
        """The app's settings, read again at each call."""
        return Settings.from_sources(self.app.conf, os.environ, **self._given)

    @property
    def process(self) -> Process | None:
        """This process's part of the tracker; None, with one warning, where tracking is off."""
        process = self._process
        if process is not None and process.pid == os.getpid():
            return process
        return None if self._off else self._begin()

    def _begin(self) -> Process | None:
        # A lock that is held at a fork is never released in the child: it is made again below.
        with self._lock:
            if self._process is not None and self._process.pid == os.getpid():
                return self._process
            from ..runs.writer import JOB_WAIT_S
            from .process import Process

            try:
                if not self.settings.enabled:
                    self.disabled = True
                    raise SettingsError("progress_enabled is false")
                self._process = Process(self.app, self.open_store(JOB_WAIT_S))
            except SettingsError as error:
                self._off = True
                logger.warning("progress tracking is off: %s", error)
                return None
            return self._process

    def open_store(self, timeout_s: float = 5.0) -> Store:
        """A store for the caller to close; `timeout_s` bounds each wait for it.

        Raises:
            SettingsError: there is no store, or a setting cannot be used.
        """
        from ..store.drivers import Store

        return Store(self.settings, timeout_s)

    def reader(self) -> Store:
        """This process's store for reads, kept open.

        Raises:
            SettingsError: there is no store, or a setting cannot be used.
        """
        if (process := self.process) is None:
            return self.open_store()
        if process.reader is None:
            process.reader = self.open_store()
        return process.reader

    def stop(self) -> None:
        """Sends this process's kept events, within a bound."""
        if self._process is not None and self._process.pid == os.getpid():
            self._process.unless_stored.stop()
            self._process.sender.stop()

    def reset(self) -> None:
        """Drops this process's part, so that the next run opens a store again."""
        self.stop()
        self._process, self._off = None, self.disabled

    def after_fork(self) -> None:
        """Drops the parent's parts in a forked child; its runs stay, for the job's own forks."""
        self._lock = threading.Lock()
        if self._process is not None:
            self.forked_runs |= self._process.handed_on(
                lambda: p.sender if (p := self.process) else None
            )
        self._process = None

    def marking(self, name: str) -> Marking | None:
        """The marking of the task of this name; None if it is not tracked. Cached."""
        try:
            return self._markings[name]
        except KeyError:
            return self._find(name)

    def _find(self, name: str) -> Marking | None:
        # The registry itself: app.tasks would finalize the app in the middle of its set-up.
        task = self.app._tasks.get(name)
        found = self.remote.get(name, (None, 0.0))[0] if task is None else marking_of(task)
        if found is None and self._all and not self.excluded(name):
            found = Marking()
        if found is not None and not isinstance(getattr(task, "Strategy", ""), str):
            # As celery-batches: its messages run together, and no signal names one of them.
            logger.warning("task %s is not tracked: it has a worker strategy of its own", name)
            found = None
        if task is not None:
            self._markings[name] = found
        return found

    def excluded(self, name: str) -> bool:
        """Whether track="all" leaves this name out."""
        own = name.startswith(_UNTRACKED) and name not in _OF_ITEMS
        return own or name in self._exclude

    def marking_for(self, name: str, headers: Any) -> Marking | None:
        """The marking of a task; a message with the progress header is tracked whatever its
        task."""
        marking = self.marking(name)
        if marking is None and headers and isinstance(headers.get(HEADER), dict):
            return Marking()
        return marking

    def again_s(self, task: Any) -> float | None:
        """Seconds after which the broker delivers a run's message again if its worker does not
        acknowledge it; None if the message is acknowledged before the run."""
        return self._delivery_s[0] if task.acks_late else None

    def failed_s(self, task: Any, cause: str, *, limit: bool = False) -> float | None:
        """As `again_s`, for the message of a failed run; None if Celery acknowledges it or the
        broker drops it. `limit`: its main process killed the run at the hard time limit, and puts
        the message back unless it acknowledges it."""
        if not task.acks_late:
            return None
        option = "acks_on_timeout" if limit else "acks_on_failure"  # since Celery 5.7
        if cause != "rejected" and getattr(task, option, task.acks_on_failure_or_timeout):
            return None
        return 0 if limit else self._delivery_s[1]

    @cached_property
    def _delivery_s(self) -> tuple[float, float | None]:
        """Seconds after which the broker delivers a message again: one that was not acknowledged,
        and one that was rejected without a requeue."""
        from ..record.redelivery import rejected_s, visibility_s

        transport = str(self.app.connection_for_read().transport_cls)
        options = self.app.conf.broker_transport_options or {}
        return visibility_s(transport, options), rejected_s(transport, options)

    def worker(self, run: int | None = None) -> Worker | None:
        """The lease and name of the worker that this process belongs to, with the number of a run;
        None outside of a worker."""
        from ..record.model import Worker

        lease = os.environ.get(LEASE_VARIABLE)
        return Worker(lease, lease.partition("/")[0], run=run) if lease else None


def register(tracker: Tracker, app: Celery) -> None:
    """Registers a tracker as an app's."""
    setattr(app, _TRACKER, tracker)
    _trackers[tracker.number] = tracker


def tracker_of(app: Celery) -> Tracker | None:
    """The app's tracker; None without `install(app)`."""
    if isinstance(app, Proxy):  # celery.current_app: of a task or canvas that has no app of its own
        app = app._get_current_object()
    found: Tracker | None = getattr(app, "__dict__", {}).get(_TRACKER)
    return found


def settings_of(app: Celery) -> Settings:
    """Reads a Celery app's settings, again at each call: the arguments of `install` win over the
    environment, which wins over the app's configuration.

    Args:
        app: a Celery app; without `install(app)` its settings are those of environment and
            configuration.

    Raises:
        SettingsError: a setting cannot be used; the message names it and what fits.
    """
    tracker = tracker_of(app)
    if tracker is None:
        return Settings.from_sources(app.conf, os.environ)
    return tracker.read_settings()


def installed() -> list[Tracker]:
    """The trackers of this process's apps, the last installed one at the end."""
    return list(_trackers.values())


@contextmanager
def recording_into(settings: Settings) -> Iterator[None]:
    """For tests: in the `with` block every app of this process and of its forks uses these
    settings, whenever it was installed."""
    in_tests.append(settings)
    for tracker in installed():
        tracker.reset()
    try:
        yield
    finally:
        in_tests.pop()
        for tracker in installed():
            tracker.reset()


def _forked() -> None:
    for tracker in list(_trackers.values()):
        tracker.after_fork()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_forked)
