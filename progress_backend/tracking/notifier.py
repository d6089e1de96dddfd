"""`ProgressNotifier`, by which a Celery task reports its progress."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from celery import current_task
from celery.exceptions import SoftTimeLimitExceeded

from ..record.json_text import text_of
from ..record.log_line import LEVELS
from ..record.update_state_events import count_of
from ..runs.checkpoint import of_run
from ..runs.counting import counted
from ..runs.run import Run, is_count
from ..settings import in_tests
from .current_run import run_of

if TYPE_CHECKING:
    from ..service.async_notifier import AsyncProgressNotifier
    from ..service.interface import NotificationServiceInterface

logger = logging.getLogger(__name__)
T = TypeVar("T")


class ProgressNotifier:
    """Reports the progress of the running Celery task: its values are in the record, the result's
    PROGRESS meta and Flower.

    Outside a tracked task, or without a Redis for records, it does nothing and logs one warning. No
    method does I/O in the job's thread; in a process that the job has forked, `update` and
    `advance` write themselves, for a tenth of its time at most. While the task is paused, `update`,
    `advance` and a `track` loop wait. After the task is cancelled, each of them raises
    `TaskCancelled`.

    `ProgressNotifier(task_id, progress_service)` is the specification's form (3.2). It returns an
    `AsyncProgressNotifier` with async methods.
    """

    __slots__ = ("_run",)

    @overload
    def __new__(cls, celery_task: Any = None) -> Self: ...
    @overload
    def __new__(  # type: ignore[misc]  # the specification's name for two things
        cls, task_id: str, progress_service: NotificationServiceInterface
    ) -> AsyncProgressNotifier: ...
    def __new__(  # type: ignore[misc]  # the first position has two names
        cls,
        celery_task: Any = None,
        progress_service: NotificationServiceInterface | None = None,
        *,
        task_id: str | None = None,
    ) -> Any:
        """Makes the notifier of a Celery task, or of a service's task."""
        if progress_service is None:
            return super().__new__(cls)
        from ..service.async_notifier import AsyncProgressNotifier

        return AsyncProgressNotifier(celery_task if task_id is None else task_id, progress_service)

    def __init__(
        self, celery_task: Any = None, progress_service: None = None, *, task_id: None = None
    ) -> None:
        """Reports for a Celery task, or for a service's task.

        Args:
            celery_task: the bound task's `self`; the current task unless given.
            task_id: with a service: the id of a record that the service has.
            progress_service: the service that has the record, e.g. a `ProgressService`.

        Raises:
            TypeError: a task id is given without a service.
        """
        if isinstance(celery_task, str) or task_id is not None:
            raise TypeError(
                "ProgressNotifier takes a bound Celery task's self, or a task id and the service "
                "that keeps its record: ProgressNotifier(task_id, progress_service)"
            )
        self._run = run_of(celery_task if celery_task is not None else current_task)

    def update(
        self,
        current: int | None = None,
        total: int | None = None,
        message: str | None = None,
        details: Mapping[str, Any] | None = None,
        phase: str | None = None,
    ) -> None:
        """Sets the newest values of the task's record. The first values of a run, and values with
        another total or phase, are written at once. Of all others the newest are written every
        `PROGRESS_UPDATE_INTERVAL_S` (1 s).

        Args:
            current: items done so far, 0 to 2**53-1; None leaves the count and its message as they
                are.
            total: items in all; None or 0 leaves the total as it is.
            message: text for readers; without one the default text of the language, e.g.
                「処理中... (150/252)」.
            details: merged into the record's `processing_details`; for values without a JSON form
                `str()` is used.
            phase: name of the part of the job, recorded as `phase` in `processing_details`.

        Raises:
            TaskCancelled: the task's record is cancelled.
            TypeError: `current` or `total` is a string that is not a number.
        """
        # The common case of Run.offer, inlined: a call would take longer than these lines.
        run = self._run
        if (
            run.attention
            or details is not None
            or (total is not None and total != run.total)
            or (phase is not None and phase != run.phase)
        ):
            run.offer(current, _known(run, "update", current, total), message, details, phase)
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
        """Counts more items as done, and sets the other values as `update` does.

        Args:
            n: items done since the last call.
            total: items in all; None or 0 leaves the total as it is.
            message: text for readers; without one the default text of the language.
            details: merged into the record's `processing_details`.

        Raises:
            TaskCancelled: the task's record is cancelled.
            TypeError: `n` or `total` is a string that is not a number.
        """
        run = self._run
        try:
            current = run.current + n
        except TypeError:  # one of them is a text, as update() takes it too
            _known(run, "advance", n, total)
            current = (count_of(run.current) or 0) + (count_of(n) or 0)
        if run.attention or details is not None or (total is not None and total != run.total):
            run.offer(current, _known(run, "advance", n, total), message, details)
            return
        run.current, run.message = current, message
        run.pending = True

    def track(
        self, iterable: Iterable[T], total: int | None = None, *, resume: bool | str = False
    ) -> Iterable[T]:
        """Counts the items of a loop. An item is done when the loop requests the next item.

        While the loop runs, only the loop sets the count; `update(message=…)` may add a message.
        In a cancelled task the loop raises `TaskCancelled` instead of the next item. In a paused
        task it waits.

        With `resume` the loop skips the items that earlier attempts of the task have done, and
        counts from there. The position is written with the run's values, so after a kill the items
        of one interval (`PROGRESS_UPDATE_INTERVAL_S`, 1 s) may be done again. If the task's
        arguments or the number of items have changed, the loop starts from its first item, and
        this is logged. If a loop collects items to process them later, put `track` around the
        collections.

        Args:
            iterable: the items of the loop.
            total: items in all; `len(iterable)` unless given, unknown if it has no length.
            resume: whether the next attempt starts after the items that are done; a name if the
                task has several such loops. Of loops with the same name only the first resumes.
                A loop within another such loop does not resume.

        Raises:
            TaskCancelled: the task's record is cancelled, before the loop or within it.
            TypeError: `resume` is neither a bool nor a name.
        """
        if total is None:
            total = _length(iterable)
        if not isinstance(resume, (bool, str)):
            raise TypeError(f"track() takes resume=True or a name for the loop, not {resume!r}")
        if resume is False:
            return counted(self._run, iterable, total)
        return counted(self._run, iterable, total, "" if resume is True else resume)

    @property
    def resume(self) -> Any:
        """The last value that an earlier attempt of the task gave to `checkpoint()`; None if there
        is none, or if the task's arguments have changed since.

        It is a new copy from JSON at each call, so a tuple becomes a list. The first call of a run
        waits until its start is recorded, up to 5 s. Read it before you change the task's
        arguments in place.
        """
        return of_run(self._run).resume

    def checkpoint(self, value: Any) -> None:
        """Sets the position of the job: after a retry, a lost worker or a redelivery the next
        attempt reads it in `resume`. It is written with the run's values
        (`PROGRESS_UPDATE_INTERVAL_S`, 1 s), with the run's end, and every second after the worker
        has received SIGTERM. When the task completes, it is deleted.

        It is not redacted, and every caller that may read the task may read it.

        Args:
            value: a number, a string, or a list or dict of such values, up to 8 KiB as JSON. A
                larger value is not written, this is logged, and the previous value stays.

        Raises:
            TaskCancelled: the task's record is cancelled.
            TypeError: the value has no JSON form.
        """
        run = self._run
        of_run(run).set(value)
        if run.attention:
            run.offer(None)
        run.pending = True

    def link(self, url: str, title: str | None = None, expires_in: float | None = None) -> None:
        """Adds a link to what the job has made, such as a file to download: pages, the element and
        the terminal show it at once. A link with the same address replaces it.

        The next attempt starts without links. A record that fails or is cancelled keeps them. The
        file stays with the application. The address is not redacted: every caller that may read
        the task may use it.

        Args:
            url: http:// or https:// without a user name, or a path such as /files/7 on the API's
                origin; up to 2,000 characters. A record has eight links at most. Other links are
                logged and left out.
            title: the text to show, up to 200 characters; without one the address.
            expires_in: seconds after which the link does not work any more; readers then show it
                as expired.

        Raises:
            ValueError: the link is left out, in a test with `progress_store`.
        """
        run = self._run
        if not run.task_id:
            return
        try:
            run.link(url, title, expires_in)
        except ValueError as error:
            if in_tests:
                raise
            task_type = run.identity.task_type
            logger.warning("a link of task %s (%s) is left out: %s", run.task_id, task_type, error)

    def log(self, text: str, level: str = "info") -> None:
        """Adds a line to the task's log, which `progress-backend logs` and
        `GET /internal/task/{task_id}/log` show while the task runs, and as long as its record is
        kept.

        The newest `PROGRESS_LOG_KIB` KiB (22) are kept, and the number of missing lines. A thread
        stores the collected lines every `PROGRESS_UPDATE_INTERVAL_S` (at least every second) and
        before the end. Secrets are masked as in messages.

        Args:
            text: the line; it is cut at 2,000 characters.
            level: "debug", "info", "warning", "error" or "critical".

        Raises:
            ValueError: `level` is none of these.
        """
        if level not in LEVELS:
            raise ValueError(f"log() takes one of the levels {', '.join(LEVELS)}, not {level!r}")
        self._run.write(level, text if type(text) is str else text_of(text))

    def complete(
        self, results: Mapping[str, Any] | None = None, message: str | None = None
    ) -> None:
        """Sets the results and the message that the record gets when the task returns. The call
        does not end the record.

        Args:
            results: merged into the record's `results`, after those of earlier calls. A dict that
                the task returns is merged last.
            message: text for readers; without one 「完了しました」 or "Completed".

        Raises:
            TypeError: `results` is not a mapping.
        """
        run = self._run
        run.results = {**run.results, **(results or {})}
        run.end_message = message

    def error(self, error_message: str, message: str | None = None) -> None:
        """Sets the error text that the record gets when the task raises. If the task returns
        instead, the record is completed.

        Args:
            error_message: the text, in place of the exception's line.
            message: text for readers; without one 「エラーが発生しました」 or "An error occurred".
        """
        run = self._run
        run.error_text = text_of(error_message)
        run.end_message = message


def _known(run: Run, method: str, items: Any, total: Any) -> Any:
    """The total; None where it is 0 or no number."""
    for number in (items, total):
        if isinstance(number, str) and count_of(number) is None:
            raise TypeError(
                f"{method}() takes numbers of items, not {number[:50]!r}; give a text as "
                f"message: {method}(1, message=…)"
            )
    if isinstance(items, str) or not is_count(total):
        run.warn_of(items, total)
    return total if total is None or count_of(total) else None


def _length(iterable: Iterable[Any]) -> int | None:
    try:
        return len(iterable)  # type: ignore[arg-type]  # that is the question
    except SoftTimeLimitExceeded:
        raise
    except Exception:  # whatever a user's own __len__ raises
        return None
