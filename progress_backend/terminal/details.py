"""One task or workflow in full, a line a fact, and what happened to it: for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from ..record.default_texts import Locale, in_language
from ..record.model import STATUSES, Task, Warnings
from . import formats
from .remaining import remaining, starting
from .rows import as_row, task_of
from .source import Body
from .tables import aligned, time_of


def of_task(body: Body, now: datetime, locale: Locale) -> Iterator[str]:
    """One task; what is unknown or empty is left out."""
    task = task_of(body)
    total = "?" if task.progress.total is None else task.progress.total
    control = task.control or {}
    error = formats.clean(in_language(locale, task.error_message or "", task.error_code))
    runs = {"attempt": task.attempt, "retries": task.retries}
    asked = f"{control['action']} ({control.get('by')})" if control else ""
    facts: dict[str, str | None] = {
        "name": task.task_id,
        "status": formats.standing(locale, task),
        "warnings": _warnings(task, locale),
        "type": formats.clean(task.task_type),
        "symbol": task.symbol and formats.clean(task.symbol),
        "owner": task.owner and formats.clean(task.owner),
        "progress": f"{task.progress.current}/{total} ({formats.percent(task)})",
        "start": starting(task, now, locale),
        "rate": formats.rate(locale, task),
        "eta": remaining(task, now, locale),
        "elapsed": formats.elapsed(task, now),
        "message": formats.still_runs(task, locale) or formats.text_of(task, locale),
        "error": f"{error} ({task.error_cause})" if error and task.error_cause else error,
        "asked": ": ".join(filter(None, [asked, formats.clean(str(control.get("reason") or ""))])),
        "links": "  ".join(formats.links(task, now, locale)),
        **_times(task),
        "worker": task.worker.name if task.worker else "",
        "attempt": formats.text(locale, "attempt_of", **runs) if task.attempt else "",
        "results": _json(task.results),
        "details": _json(task.processing_details),
        "metadata": _json(task.metadata),
    }
    return _lines(facts, locale)


def of_workflow(body: Body, now: datetime, locale: Locale) -> Iterator[str]:
    """One workflow; then its first failures, a line each."""
    row, progress, failures = as_row(body, locale), body["progress"], body["failures"]
    facts: dict[str, str | None] = {
        "workflow": formats.clean(row.task_id),
        "called": body["name"] and formats.clean(body["name"]),
        "status": formats.standing(locale, row),
        "progress": f"{progress['current']}/{progress['total']} ({formats.percent(row)})",
        "members": formats.counts(locale, body["counts"]),
        "elapsed": formats.elapsed(row, now),
        "eta": remaining(row, now, locale) if body.get("estimated_completion") else None,
        **_times(row),
    }
    yield from _lines(facts, locale)
    if failures:
        yield formats.text(locale, "failures")
        yield from aligned(
            [
                (
                    f"  {formats.clean(failure['task_id'])}",
                    formats.clean(failure["task_type"]),
                    formats.clean(_why(failure, locale)),
                )
                for failure in failures
            ]
        )
    rest = body["counts"]["error"] - len(failures)
    if failures and rest > 0:
        yield f"  {formats.text(locale, 'more', count=rest)}"


def _why(failure: Body, locale: Locale) -> str:
    return in_language(locale, failure["error_message"] or "", failure.get("error_code"))


def of_timeline(timeline: Body, locale: Locale) -> Iterator[str]:
    """The lines of a timeline."""
    entries = timeline["entries"]
    if timeline["gone"]:
        yield formats.text(locale, "entries_gone", count=timeline["gone"])
    shown = [formats.word(locale, entry["event"], "event") for entry in entries]
    width = max(map(formats.cells_of, shown), default=0)
    for entry, name in zip(entries, shown, strict=True):
        time = time_of(datetime.fromisoformat(entry["time"]))
        yield f"{time}  {formats.padded(name, width)}  {_about(entry, locale)}".rstrip()
        yield from of_stack(entry, locale)


def of_stack(entry: Body, locale: Locale) -> Iterator[str]:
    """The lines of a stack, the newest frame first, or of a traceback; none of another entry."""
    for line in (entry.get("traceback") or "").splitlines():
        yield f"    {' ' * (len(line) - len(line.lstrip()))}{formats.clean(line)}"
    frames = entry.get("frames") or ()
    for folded, its in groupby(frames, lambda frame: bool(frame.get("folded"))):
        if folded:
            yield f"      {formats.text(locale, 'folded', count=len(list(its)))}"
            continue
        for frame in its:
            name = f"{frame['function']} ({frame['file']}:{frame['line']})"
            yield f"    {formats.clean(name)}"
            if code := frame.get("code"):
                yield f"        {formats.clean(code)}"


def _about(entry: Body, locale: Locale) -> str:
    """ "attempt 2, celery@a, HTTPError: 503"."""
    about = []
    if (status := entry.get("status")) in STATUSES:
        about.append(formats.word(locale, status))
    if entry.get("attempt") and entry["event"] in ("started", "retried"):
        about.append(formats.text(locale, "attempt_number", attempt=entry["attempt"]))
    about += (str(entry[name]) for name in ("by", "worker") if entry.get(name))
    if cause := entry.get("cause"):
        of_stack = entry["event"] == "stack"
        about.append(formats.word(locale, cause, "stack") if of_stack else str(cause))
    if entry.get("same_s"):
        about.append(formats.text(locale, "same_s", seconds=entry["same_s"]))
    if text := entry.get("text"):
        at = datetime.fromisoformat(entry["time"]).astimezone()
        about.append(in_language(locale, str(text), entry.get("text_code"), at))
    return formats.joined(locale, *map(formats.clean, about))


def _times(task: Task) -> dict[str, str]:
    return {
        "created_at": time_of(task.created_at),
        "started_at": time_of(task.started_at),
        "updated_at": time_of(task.updated_at),
        "ended_at": "" if task.still_runs else time_of(task.completed_at),
    }


def _warnings(task: Task, locale: Locale) -> str:
    """ "late (2024-01-15 10:30:00 +0900)"."""
    known = task.warnings or Warnings()
    since = (f"{formats.word(locale, k)} ({time_of(getattr(known, k))})" for k in known.kinds)
    return formats.joined(locale, *since)


def _lines(facts: Mapping[str, str | None], locale: Locale) -> Iterator[str]:
    """A line a fact that is known, its label before it."""
    unknown = ("", None, formats.UNKNOWN)
    return aligned(
        [(formats.text(locale, n), fact) for n, fact in facts.items() if fact not in unknown]
    )


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) if values else ""
