"""Texts of a task's values for people: short, of bounded width, "–" when unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from unicodedata import combining, east_asian_width

from ..record.default_texts import Locale, in_language
from ..record.model import STATUSES, Task, TaskStatus
from .texts import TEXTS

UNKNOWN: Final = "–"
#: Characters of an id that are shown where they are unique.
_SHORT_ID: Final = 8


def text(locale: Locale, key: str, **values: object) -> str:
    """A label, its blanks filled."""
    return TEXTS[key][locale == "ja"].format(**values)


def word(locale: Locale, name: str, of: str = "is") -> str:
    """A status, a kind of warning, an event (`of="event"`), or why a stack was taken, in the
    reader's language."""
    known = TEXTS.get(f"{of}_{name}") or TEXTS.get(f"is_{name}")
    return clean(name) if known is None else known[locale == "ja"]


def standing(locale: Locale, task: Task) -> str:
    """A task's state, and the warnings on it."""
    return state(locale, task) + warnings(locale, task)


def state(locale: Locale, task: Task) -> str:
    """A task's status; while its run has not carried out a pause or a cancel yet, that request."""
    if task.requested is not None:
        return text(locale, f"{task.requested}_waits")
    return word(locale, task.status)


def still_runs(task: Task, locale: Locale) -> str:
    """ "still running on celery@a" of a task that still runs; else ""."""
    if not task.still_runs or task.worker is None:
        return ""
    return text(locale, "still_runs_on", worker=clean(task.worker.name))


def warnings(locale: Locale, task: Task) -> str:
    """The warnings on a task behind its state: " (late)"; "" without any."""
    if task.warnings is None:
        return ""
    names = joined(locale, *(word(locale, kind) for kind in task.warnings.kinds))
    return text(locale, "warned", names=names)


def status_cells(locale: Locale, tasks: Iterable[Task] = ()) -> int:
    """Terminal cells of the widest status, and of these tasks' own."""
    statuses = (word(locale, status) for status in STATUSES)
    return max(map(cells_of, (*statuses, *(standing(locale, task) for task in tasks))))


def counts(locale: Locale, counted: Mapping[str, int | None]) -> str:
    """ "created 1, running 2"; what there is none of is left out."""
    shown = (status for status in (*STATUSES, "planned", "never_ran") if counted.get(status))
    return joined(locale, *(f"{word(locale, status)} {counted[status]}" for status in shown))


def joined(locale: Locale, *parts: str) -> str:
    """The parts that are not empty, with commas between them."""
    return text(locale, "comma").join(filter(None, parts))


def percent(task: Task) -> str:
    """ "59.5%"; of an unknown total, how many there are: "150/?"."""
    progress = task.progress
    if progress.total is None and task.status != TaskStatus.COMPLETED:
        return f"{short(progress.current)}/?" if progress.current else UNKNOWN
    return f"{progress.percentage:g}%"


def short(number: float) -> str:
    """Four digits at most: 999, 12.3k, 1.2M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            scaled = number / (1e3 if letter == "k" else size)
            return f"{scaled:.0f}{letter}" if scaled >= 100 else f"{scaled:.1f}{letter}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def rate(locale: Locale, task: Task) -> str:
    """ "12/s", in three digits as on the page, or how the job writes it itself."""
    if given := task.processing_details.get("processing_rate"):
        return clean(str(given))
    if task.rate is None or task.status == TaskStatus.CREATED:
        return UNKNOWN
    number = f"{task.rate:,.0f}" if task.rate >= 100 else f"{float(f'{task.rate:.3g}'):,}"
    return text(locale, "rate_of", number=number.removesuffix(".0"))


def elapsed(task: Task, now: datetime) -> str:
    """The time from a task's start to its end, or to now."""
    if task.started_at is None:
        return UNKNOWN
    until = None if task.still_runs else task.completed_at
    until = until or max(now, task.updated_at or now)
    return duration((until - task.started_at).total_seconds())


def duration(seconds: float) -> str:
    """ "0:10", "1:02:03", "3d 04h"; never negative."""
    whole = max(int(seconds), 0)
    if whole >= 86_400:
        return f"{whole // 86_400}d {whole % 86_400 // 3600:02}h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age(time: datetime | None, now: datetime) -> str:
    """The time since then."""
    return UNKNOWN if time is None else duration((now - time).total_seconds())


def name(task: Task) -> str:
    """A task's type and symbol."""
    return " ".join(filter(None, [clean(task.task_type), clean(task.symbol or "")]))


def short_ids(task_ids: Sequence[str]) -> list[str]:
    """Each id's first eight characters, or as many as make all of these ids different."""
    for length in range(_SHORT_ID, max(map(len, task_ids), default=0)):
        short = [task_id[:length] for task_id in task_ids]
        if len(set(short)) == len(set(task_ids)):
            return [clean(task_id) for task_id in short]
    return [clean(task_id) for task_id in task_ids]


def cut(text: str, cells: int, *, at_the_end: bool = False) -> str:
    """The end of a text that takes more than so many cells, behind an ellipsis; `at_the_end`: its
    beginning, before one."""
    if cells_of(text) <= cells:
        return text
    while text and cells_of(text) > cells - 1:
        text = text[:-1] if at_the_end else text[1:]
    return f"{text}…" if at_the_end else f"…{text}"


def clean(message: str) -> str:
    """A message on one line, without the control characters that would move the cursor."""
    return " ".join("".join(c if c.isprintable() else " " for c in message).split())


def text_of(task: Task, locale: Locale) -> str:
    """A task's text on one line, a default text in `locale`."""
    at = task.updated_at and task.updated_at.astimezone()
    return clean(in_language(locale, task.message, task.message_code, at))


def links(task: Task, now: datetime, locale: Locale) -> Iterator[str]:
    """A task's links, each on one line: "Export: https://…"; of an expired one no address."""
    for link in task.links:
        over = link.expires_at is not None and datetime.fromisoformat(link.expires_at) <= now
        title = clean(link.title or (link.url if over else ""))
        address = text(locale, "link_expired") if over else link.url
        yield f"{title}: {address}" if title else address


def padded(text: str, cells: int) -> str:
    """A text filled up with spaces to so many cells; Japanese characters take two."""
    return text + " " * (cells - cells_of(text))


def cells_of(text: str) -> int:
    """Cells that a text takes in a terminal."""
    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
        for character in text
    )
