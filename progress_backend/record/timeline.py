"""The stored entries of a task's past, from which a reader makes its timeline; pure.

A record itself has its creation, its newest start and request, its warnings and its end. What a
commit overwrites in the record is written with that commit, and so are events that no record has: a
retry, a resume, another phase. A task that is published, starts once and ends has no stored entry.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from . import events as ev
from .default_texts import GIVEN
from .fields import Moment, is_
from .local_time import MILLISECOND, moment
from .model import LOST, WORKER_LOST, Task, TaskStatus, rendered

#: Longest text of an entry, in characters; what is longer is cut.
LONGEST: Final = 160
_CUT: Final = "…"

# fmt: off

class StackFrame(Struct, omit_defaults=True):
    """A frame of a job's stack."""

    file: Annotated[str, is_("The file, relative to the folder from which it is imported.")]
    line: Annotated[int, is_("The line's number in the file.")]
    function: Annotated[str, is_("The function.")]
    code: Annotated[str | None, is_("The line's code, redacted; cut at 120 characters.")] = None
    folded: Annotated[bool | None, is_("True for a frame of Celery or progress-backend.")] = None


class TimelineEntry(Struct, omit_defaults=True):
    """An event of a task; fields without a value are absent."""

    time: Annotated[Moment, is_("When.")]
    event: Annotated[str, is_(
        "created, started, ended, phase, retried, requeued, redelivered; returned (a run that was "
        "recorded as lost continues); the requests pause, cancel and end (by force); acknowledged "
        "(by the run), resumed; the warnings stalled and late. Only for callers with write access "
        "to all tasks: stack and traceback.")]
    attempt: Annotated[int | None, is_("The number of the run.")] = None
    status: Annotated[str | None, is_("For ended: the status.")] = None
    cause: Annotated[str | None, is_(
        "For an error: its cause. For a stack: why it was taken: request, stalled, late, cancel "
        "(not acknowledged within 10 s) or time_limit (reached soon). For a stack without frames: "
        "no_answer (the job's process runs code outside Python, or is stopped).")] = None
    by: Annotated[str | None, is_("The caller who sent the request.")] = None
    worker: Annotated[str | None, is_("The worker's node name.")] = None
    text: Annotated[str | None, is_(
        "The reason, the phase, the last line of the error, the line of code of a stack, or for a "
        "redelivery the number of earlier runs that lost their process; cut at 160 "
        "characters.")] = None
    text_code: Annotated[dict[str, Any] | None, is_(
        "text as a code, if it is a default text.")] = None
    frames: Annotated[list[StackFrame] | None, is_(
        "For a stack: up to 40 frames, newest first.")] = None
    same_s: Annotated[float | None, is_(
        "The stack is read two times. If the job's own code was at the same line both times: the "
        "seconds between the two reads, else 0.")] = None
    traceback: Annotated[str | None, is_(
        "For a failed run: Python's traceback, redacted; cut at 8 KiB.")] = None

# fmt: on


def written(before: Task | None, event: ev.Event, after: Task) -> tuple[TimelineEntry, ...]:
    """The entries that are written with the commit of an event."""
    if before is None or after is before:
        return ()
    entry = _own(before, event, after)
    return (*_lost(before, after), *(() if entry is None else (entry,)))


def reacts(before: Task | None, event: ev.Event) -> bool:
    """Whether an event may write entries. A first record has none, nor has a value of the same
    phase, which takes none of the record's own entries."""
    if before is None or not isinstance(event, ev.Progressed):
        return before is not None
    phase = event.details and event.details.get("phase")
    changes_phase = phase and phase != before.processing_details.get("phase")
    return bool(changes_phase) or before.ended or before.warnings is not None


def _own(before: Task, event: ev.Event, after: Task) -> TimelineEntry | None:
    """The entry of the event itself, besides the entries that it overwrites in the record."""
    match event:
        case ev.WorkflowRequested():
            return _directed(before, event, after)
        case ev.Started():
            return _redelivered(before, event, after)
        case ev.Progressed():
            return _progressed(before, event, after)
        case ev.Resumed():
            return _entry("resumed", after.updated_at, by=event.by)
        case ev.Retried():
            return _let_go("retried", before, after, event.message)
        case ev.Requeued():
            return _let_go("requeued", before, after, None)
        case ev.RunRegained():
            return _entry("returned", after.updated_at, attempt=after.attempt or None)
        case _:
            return None


def of_record(task: Task) -> list[TimelineEntry]:
    """The entries that a record has by itself."""
    number = task.attempt or None
    worker = None if task.worker is None else task.worker.name
    entries = [
        _entry("created", task.created_at),
        _entry("started", _begun(task), attempt=number, worker=worker),
    ]
    if task.warnings is not None:
        since = zip(task.warnings._fields, task.warnings, strict=True)
        entries += (_entry(kind, time, attempt=number) for kind, time in since)
    entries += _asked(task)
    if task.ended and not task.still_runs:
        line = (task.error_message or "").strip().rpartition("\n")[2]
        code = task.error_code if len(line) <= LONGEST or task.error_code == GIVEN else None
        about = {
            "status": task.status, "cause": task.error_cause, "text": line, "text_code": code
        }  # fmt: skip
        entries.append(_entry("ended", task.completed_at, attempt=number, **about))
    return [entry for entry in entries if entry.time]


def _asked(task: Task) -> list[TimelineEntry]:
    """The newest request, and its acknowledgement if a run had to carry it out."""
    control = task.control or {}
    try:
        action, at, acknowledged = control["action"], control["at"], control.get("acknowledged_at")
        moment(at)
        who = {"by": control.get("by"), "text": control.get("reason")}
        entries = [replace(_entry(action, None, **who), time=at)]
        if acknowledged not in (None, at):
            moment(acknowledged)
            entries.append(TimelineEntry(acknowledged, "acknowledged"))
    except (KeyError, TypeError, ValueError):  # a control of another program or version
        return []
    return entries


def _lost(before: Task, after: Task) -> list[TimelineEntry]:
    """The entries that the record had before a commit, and has not after it."""
    if all(
        old is None or old == new for old, new in zip(_facts(before), _facts(after), strict=True)
    ):
        return []
    kept = {key_of(entry) for entry in of_record(after)}
    return [entry for entry in of_record(before) if key_of(entry) not in kept]


def _facts(task: Task) -> tuple[object, ...]:
    """What makes the entries that a record has by itself: of its end the time and the status, since
    another end may have the same time."""
    begun = task.attempt_started_at or task.started_at
    end = None if task.completed_at is None else (task.completed_at, task.status)
    return task.created_at, task.started_at, begun, end, task.control, task.warnings


def _begun(task: Task) -> datetime | None:
    """When the newest run began; of a task without a run, when its first value came."""
    return task.attempt_started_at or task.started_at


def key_of(entry: TimelineEntry) -> tuple[Any, ...]:
    """What identifies an entry: a start is the same without its worker, which leaves the record
    with a retry."""
    return entry.event, entry.time, entry.status


def _entry(event: str, time: datetime | None, **about: Any) -> TimelineEntry:
    for name, value in about.items():
        if isinstance(value, str):
            cut = len(value) > LONGEST
            about[name] = value[: LONGEST - len(_CUT)] + _CUT if cut else value or None
    return TimelineEntry(rendered(time) or "", event, **about)


def _progressed(before: Task, event: ev.Progressed, after: Task) -> TimelineEntry | None:
    """Another phase; and that a run which was taken for lost has written again."""
    attempt = after.attempt or None
    if before.ended and before.error_cause in (LOST, WORKER_LOST):
        return _entry("returned", after.updated_at, attempt=attempt)
    phase = event.details.get("phase")
    if not isinstance(phase, str) or phase == before.processing_details.get("phase"):
        return None
    return _entry("phase", after.updated_at, attempt=attempt, text=phase)


def _redelivered(before: Task, event: ev.Started, after: Task) -> TimelineEntry | None:
    # A run that was let go, by a retry for example, has an entry of that.
    if not before.attempt or (before.worker is None and not before.ended):
        return None
    if not (event.redelivered or before.ended):
        return None
    if event.retries > before.retries:
        # The retry's message was faster than the record of the retry, which comes too late.
        begun = after.attempt_started_at
        at = None if begun is None else rendered(begun - MILLISECOND)
        return replace(_let_go("retried", before, after, None), time=at)
    about = {"text": after.message, "text_code": after.message_code} if after.lost_runs else {}
    return _entry("redelivered", after.attempt_started_at, attempt=after.attempt, **about)


def _directed(before: Task, event: ev.WorkflowRequested, after: Task) -> TimelineEntry | None:
    if event.act.action != "resume" or before.status != TaskStatus.PAUSED:
        return None
    return _entry("resumed", after.updated_at, by=event.act.by, text=event.act.reason)


def _let_go(event: str, before: Task, after: Task, text: str | None) -> TimelineEntry:
    worker = None if before.worker is None else before.worker.name
    about = {"attempt": before.attempt or None, "worker": worker, "text": text}
    return _entry(event, after.updated_at, **about)
