"""`ProgressNotifier`, by which a Celery task reports its progress."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from celery import current_task

from ..record.events import Identity
from ..record.json_text import text_of
from ..record.model import ENDED
from ..record.update_state_events import count_of
from ..runs.counting import counted
from ..runs.run import Run
from .tracker import tracker_of

if TYPE_CHECKING:
    from ..service.async_notifier import AsyncProgressNotifier
    from ..service.flow_service import NotificationServiceInterface

logger = logging.getLogger(__name__)
T = TypeVar("T")


class ProgressNotifier:
    """Reports the progress of the running Celery task: its values are in the record, the result's
    PROGRESS meta and Flower.

    Outside of a tracked task, and where no store is configured, it does nothing (one warning).
    No method does I/O in the job's thread; in a paused job they wait, and in a cancelled one they
    raise `TaskCancelled`.

    `ProgressNotifier(task_id, progress_service)` is the specification's (3.2): it makes an
    `AsyncProgressNotifier`, whose methods are awaited.
    """

    __slots__ = ("_run",)

    @overload
    def __new__(cls, celery_task: Any = None) -> Self: ...
    @overload
    def __new__(  # type: ignore[misc]  # the specification's name for two things
        cls, task_id: str, progress_service: NotificationServiceInterface
    ) -> AsyncProgressNotifier: ...
    def __new__(cls, *given: Any, **named: Any) -> Any:
        """Makes the notifier of a Celery task, or of a service's task."""
        if len(given) + len(named) < 2:
            return super().__new__(cls)
        from ..service.async_notifier import AsyncProgressNotifier

        return AsyncProgressNotifier(*given, **named)

    def __init__(self, celery_task: Any = None) -> None:
        """`celery_task` is the bound task's `self`; the current task unless given."""
        if isinstance(celery_task, str):
            raise TypeError(
                "ProgressNotifier takes a bound Celery task's self, or a task id and the service "
                "that keeps its record: ProgressNotifier(task_id, progress_service)"
            )
        self._run = _run_of(celery_task if celery_task is not None else current_task)

    def update(
        self,
        current: int | None = None,
        total: int | None = None,
        message: str | None = None,
        details: Mapping[str, Any] | None = None,
        phase: str | None = None,
    ) -> None:
        """Sets the newest values. They are recorded at once if they are the first or total or phase
        changed, else with the next interval (1 s), of which only the newest is.

        Args:
            current: items done so far.
            total: items in all; None leaves it as it is.
            message: text for readers; the default is 「処理中... (150/252)」.
            details: merged into `processing_details`.
            phase: name of the part of the job, kept in the details.

        Raises:
            TaskCancelled: the task's record is cancelled.
            TypeError: a text is given where a number has to be.
        """
        # The short case of Run.offer, written out: a call would cost more than all that it does.
        run = self._run
        if (
            run.attention
            or details is not None
            or (total is not None and total != run.total)
            or (phase is not None and phase != run.phase)
        ):
            run.offer(current, _known("update", current, total), message, details, phase)
            return
        if current is not None:
            run.current, run.message = current, message
        elif message is not None:
            run.message = message
        run.pending = True

    def advance(
        self,
        n: int = 1,
        total: int | None = None,
        message: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Counts `n` more items as done; otherwise as `update`."""
        run = self._run
        if run.attention or details is not None or (total is not None and total != run.total):
            total = _known("advance", n, total)
            run.offer(run.current + n, total, message, details)
            return
        run.current += n
        run.message = message
        run.pending = True

    def track(self, iterable: Iterable[T], total: int | None = None) -> Iterable[T]:
        """Yields the items and counts them: an item is done when the next one is asked for.

        While the loop runs, it alone sets the count; `update(message=…)` may add a message.
        `total` is `len(iterable)` where that is known.
        """
        if total is None:
            total = _length(iterable)
        return counted(self._run, iterable, total)

    def complete(
        self, results: Mapping[str, Any] | None = None, message: str | None = None
    ) -> None:
        """Sets results and message for the task's success; the record ends when the task
        returns."""
        run = self._run
        run.results = {**run.results, **(results or {})}
        run.end_message = message

    def error(self, error_message: str, message: str | None = None) -> None:
        """Sets the error text for the task's failure; the record ends with an error only if the
        task raises."""
        run = self._run
        run.error_text = text_of(error_message)
        run.end_message = message


def _known(method: str, items: Any, total: Any) -> Any:
    """The total; None where it is 0 or no number."""
    for number in (items, total):
        if isinstance(number, str) and count_of(number) is None:
            raise TypeError(
                f"{method}() takes numbers of items, not {number[:50]!r}; a text goes into "
                f"message: {method}(1, message=…)"
            )
    return total if total is None or count_of(total) else None


class _Nowhere:
    """Takes the sender's place where nothing is recorded."""

    always = False

    def wake(self) -> None:
        pass

    def wait_while_paused(self, run: Run) -> None:
        pass

    def close(self, run: Run) -> None:
        pass

    def progress_text(self, current: int, total: int | None) -> str:
        return ""


def _run_of(celery_task: Any) -> Run:
    tracker = tracker_of(celery_task.app) if celery_task else None
    process = tracker.process if tracker is not None else None
    run = process.run_in(celery_task) if process is not None else None
    if run is not None and not run.refused:
        return run
    who = celery_task.name if celery_task else "code outside a task"
    _warn_once(who, "it is not a tracked task's run" if run is None else _refused(run))
    return Run("", Identity(task_type=""), _Nowhere())


_warned: set[str] = set()


def _refused(run: Run) -> str:
    """The reason why a tracked task's run is not recorded."""
    if run.status in ENDED:
        return f"the record of task {run.task_id} has ended: it is {run.status}"
    return f"a newer run has the record of task {run.task_id}"


def _warn_once(who: str, why: str) -> None:
    if who not in _warned and len(_warned) < 1_000:
        _warned.add(who)
        logger.warning("no progress is recorded for %s: %s", who, why)


def _length(iterable: Iterable[Any]) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]  # that is the question
    except (TypeError, OverflowError):
        return None
