"""`install(app)`: gives every marked task of a Celery app its live record."""

from __future__ import annotations

import atexit
import functools
import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

from celery import Celery, Task, bootsteps, states
from celery import signals as celery_signals
from celery.local import Proxy

from ..errors import SettingsError
from ..runs.body import around
from ..settings import refuse_unknown
from . import connections, worker_lease
from .cleanup import add_cleanup
from .decorator import MARK, Marking
from .sending import watch_calls, watch_groups
from .tracker import Tracker, installed, register, tracker_of

if TYPE_CHECKING:
    from ..runs.run import Run

logger = logging.getLogger(__name__)

_BOUND = "__progress_bound__"


class ProgressTask(Task):  # type: ignore[misc]  # celery is untyped
    """Base class that marks a task as tracked: `@app.task(base=ProgressTask, bind=True)`."""

    abstract = True


setattr(ProgressTask, MARK, Marking())


def install(
    app: Celery,
    *,
    track: Literal["marked", "all"] = "marked",
    exclude: Iterable[str] = (),
    beat: bool = True,
    **settings: Any,
) -> Celery:
    """Tracks the tasks of a Celery app: each task gets a record. Returns the app. A second call
    for the same app changes nothing.

    The call does not read the configuration: the environment and `app.conf` are read at first use.
    If a value cannot be used, tracking is off, one warning is logged, and the jobs run. With
    `PROGRESS_ENABLED=0` or `enabled=False` tracking is off too, and each worker logs this.

    Args:
        app: the Celery app, finalized or not; `celery.current_app` works too.
        track: "marked" for tasks with `@progress_task` or `base=ProgressTask`, "all" for all.
        exclude: names of tasks that "all" leaves out. Celery's own tasks are left out too, except
            those that run the items of `map`, `starmap` and `chunks`.
        beat: whether beat's schedule gets `progress.cleanup`, every hour
            (`PROGRESS_CLEANUP_INTERVAL_S`).
        settings: fields of `Settings` by name, such as `retention_s=3600`. They have priority over
            the environment and the app's configuration.

    Raises:
        SettingsError: `app` is no Celery app, `track` is neither "marked" nor "all", or there is no
            such setting.
    """
    refuse_unknown(settings)
    if track not in ("marked", "all"):
        raise SettingsError(f"track must be 'marked' or 'all', not {track!r}")
    if isinstance(app, Proxy):  # such as celery.current_app
        app = app._get_current_object()
    if not isinstance(app, Celery):
        raise SettingsError(f"install takes the Celery app, as install(app), not {app!r}")
    if tracker_of(app) is not None:
        return app
    tracker = Tracker(app, track=track, exclude=exclude, given=settings)
    register(tracker, app)
    if tracker.disabled:
        app.steps["worker"].add(_Disabled)
        return app
    rank_progress()
    connections.connect()
    worker_lease.connect(tracker)
    watch_calls(tracker)
    watch_groups()
    _send_before_exit()
    _bind_each(tracker)
    if beat:
        when_finalized(app, lambda: add_cleanup(tracker))
    return app


class _Disabled(bootsteps.Step):  # type: ignore[misc]  # celery is untyped
    """A bootstep of the worker that logs why nothing is tracked: no signal's handler is connected
    that could log it."""

    def create(self, parent: Any) -> None:
        """Logs it."""
        logger.warning("progress tracking is off: PROGRESS_ENABLED is 0; jobs run without records")


def rank_progress() -> None:
    """Ranks the state PROGRESS as STARTED, so that REVOKED replaces it in a monitor.

    Celery ranks unknown states above REVOKED (celery.states, events.state).
    """
    states.PRECEDENCE_LOOKUP["PROGRESS"] = states.precedence(states.STARTED)


def _send_before_exit() -> None:
    """Lets an exiting process send its kept events for a bounded time; once per process."""
    atexit.unregister(_stop_each)
    atexit.register(_stop_each)
    # A pool's child exits by os._exit, which runs no atexit function.
    celery_signals.worker_process_shutdown.connect(
        _stop_each, weak=False, dispatch_uid="progress-exit"
    )


def _stop_each(**_: Any) -> None:
    for tracker in installed():
        tracker.stop()


def when_finalized(app: Celery, action: Callable[[], None]) -> None:
    """Calls `action` now if the app is finalized, else when it is."""
    if app.finalized:
        action()
    else:
        app.on_after_finalize.connect(lambda **_: action(), weak=False)


def _bind_each(tracker: Tracker) -> None:
    """Binds the app's tracked tasks now, and later ones as they are registered: a task may run
    before its app is finalized, and may be registered after that."""
    app = tracker.app

    def if_tracked(task: Any) -> Any:
        if tracker.marking(task.name) is not None:
            bind(tracker, task)
        return task

    def watched(register: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(register)
        def registered(*args: Any, **options: Any) -> Any:
            return if_tracked(register(*args, **options))

        return registered

    app._task_from_fun = watched(app._task_from_fun)
    app.register_task = watched(app.register_task)
    for task in list(app._tasks.values()):
        if_tracked(task)


def bind(tracker: Tracker, task: Any) -> None:
    """Wraps methods of the task instance, as Celery's own autoretry does with `run`."""
    if getattr(task, _BOUND, False):
        return
    setattr(task, _BOUND, True)
    body, update_state = task.run, task.update_state

    def current_run() -> Run | None:
        process = tracker.process
        return None if process is None else process.run_in(task)

    @functools.wraps(update_state)
    def captured(
        task_id: str | None = None, state: Any = None, meta: Any = None, **kwargs: Any
    ) -> Any:
        own = task_id is None or task_id == task.request.id
        current = current_run() if own else None
        if current is not None and current.cancelled and current.entered:
            from ..runs.run import TaskCancelled

            raise TaskCancelled(f"task {current.task_id} was cancelled")
        if own and ((current is not None and current.cancelled) or _revoked(task)):
            # celery-progress calls update_state after the body for each Ignore: this would
            # overwrite REVOKED, and `get()` would wait for ever.
            return None
        answer = update_state(task_id=task_id, state=state, meta=meta, **kwargs)
        capture(tracker, current, task_id or task.request.id, state, meta)
        return answer

    task.run = around(body, current_run)
    task.update_state = captured


def _revoked(task: Any) -> bool:
    from ..runs.run import REVOKED

    return getattr(task.request, REVOKED, False)


def capture(tracker: Tracker, run: Run | None, task_id: str | None, state: Any, meta: Any) -> None:
    """Records the state and meta of an `update_state` call; raises nothing but TaskCancelled."""
    from ..record.events import Progressed
    from ..record.update_state_events import event_of

    happened = event_of(state, meta)
    if task_id is None or happened is None or (process := tracker.process) is None:
        return
    if run is not None and isinstance(happened, Progressed):
        run.own_meta = True
        run.offer(happened.current, happened.total, happened.message, happened.details)
    else:
        # The event of this process's run is kept until the store replies. One for another task is
        # not: a late event might end a run that has started since.
        process.sender.record(run, task_id, happened, keep=run is not None)
