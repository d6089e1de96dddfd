"""Texts of a row's values for people: short, of bounded width, "–" when unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, inf
from typing import Any, Final
from unicodedata import combining, east_asian_width

from ..record.default_texts import Locale, clock_text, in_language
from ..record.local_time import moment, optional_moment
from ..record.model import STATUSES, TaskStatus
from .rows import RecordRow, View
from .texts import TEXTS

UNKNOWN: Final = "–"
#: Characters of an id that are shown where they are unique.
_SHORT_ID: Final = 8
#: Colours of a log's levels; the others have none.
LEVELS: Final = {"warning": "yellow", "error": "red", "critical": "red", "debug": "bright_black"}
#: Seconds of a unit, and up to how many seconds a range is shown in it.
_UNITS: Final = (
    (1, 90, "s"),
    (60, 90 * 60, "min"),
    (3_600, 36 * 3_600, "h"),
    (86_400, inf, "d"),
)
#: From this many seconds on a range in seconds is shown in steps of so many.
_COARSE_S, _STEP = 20, 5
#: Seconds in which a run may have no rate yet.
_FIRST_S: Final = 10
#: The least number of three digits.
_LONG = 100


def text(locale: Locale, key: str, **values: object) -> str:
    """A label, its blanks filled."""
    return TEXTS[key][locale == "ja"].format(**values)


def word(locale: Locale, name: str, of: str = "is") -> str:
    """A status, a kind of warning, an event (`of="event"`), or why a stack was taken, in the
    reader's language."""
    known = TEXTS.get(f"{of}_{name}") or TEXTS.get(f"is_{name}")
    return clean(name) if known is None else known[locale == "ja"]


def standing(locale: Locale, row: RecordRow) -> str:
    """A task's state, and the warnings on it."""
    return state(locale, row) + warnings(locale, row)


def state(locale: Locale, row: RecordRow) -> str:
    """A task's status; while its run has not carried out a pause or a cancel yet, that request."""
    if row.requested is not None:
        return text(locale, f"{row.requested}_waits")
    return word(locale, row.status)


def still_runs(row: RecordRow, locale: Locale) -> str:
    """ "still running on celery@a" of a task that still runs; else ""."""
    if not row.still_runs or row.worker is None:
        return ""
    return text(locale, "still_runs_on", worker=clean(row.worker))


def warnings(locale: Locale, row: RecordRow) -> str:
    """The warnings on a task behind its state: " (late)"; "" without any."""
    names = joined(locale, *(word(locale, kind) for kind in row.warned))
    return names and text(locale, "warned", names=names)


def status_cells(locale: Locale, rows: Iterable[RecordRow] = ()) -> int:
    """Terminal cells of the widest status, and of these rows' own."""
    statuses = (word(locale, status) for status in STATUSES)
    return max(map(cells_of, (*statuses, *(standing(locale, row) for row in rows))))


def counts(locale: Locale, counted: Mapping[str, int | None]) -> str:
    """ "created 1, running 2"; what there is none of is left out."""
    shown = (status for status in (*STATUSES, "planned", "never_ran") if counted.get(status))
    return joined(locale, *(f"{word(locale, status)} {counted[status]}" for status in shown))


def joined(locale: Locale, *parts: str) -> str:
    """The parts that are not empty, with commas between them."""
    return text(locale, "comma").join(filter(None, parts))


def percent(row: RecordRow) -> str:
    """ "59.5%"; of an unknown total, how many there are: "150/?"."""
    progress = row.progress
    if progress.total is None and row.status != TaskStatus.COMPLETED:
        return f"{short(progress.current)}/?" if progress.current else UNKNOWN
    return f"{progress.percentage:g}%"


def short(number: float) -> str:
    """Four digits at most: 999, 12.3k, 1.2M."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= size:
            scaled = number / (1e3 if letter == "k" else size)
            return f"{scaled:.0f}{letter}" if scaled >= 100 else f"{scaled:.1f}{letter}"
    return f"{number:.0f}" if number >= 10 or number == int(number) else f"{number:.1f}"


def rate(locale: Locale, row: RecordRow) -> str:
    """ "12/s", in three digits as on the page, or how the job writes it itself."""
    if given := row.processing_details.get("processing_rate"):
        return clean(str(given))
    if row.rate is None or row.status == TaskStatus.CREATED:
        return UNKNOWN
    number = f"{row.rate:,.0f}" if row.rate >= 100 else f"{float(f'{row.rate:.3g}'):,}"
    return text(locale, "rate_of", number=number.removesuffix(".0"))


def elapsed(row: RecordRow, now: datetime) -> str:
    """The time from a task's start to its end, or to now."""
    if row.start_time is None:
        return UNKNOWN
    until = None if row.still_runs else optional_moment(row.end_time)
    until = until or max(now, optional_moment(row.updated_at) or now)
    return duration((until - moment(row.start_time)).total_seconds())


def duration(seconds: float) -> str:
    """ "0:10", "1:02:03", "3d 04h"; never negative."""
    whole = max(int(seconds), 0)
    if whole >= 86_400:
        return f"{whole // 86_400}d {whole % 86_400 // 3600:02}h"
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def age(time: str | None, now: datetime) -> str:
    """The time since then."""
    return UNKNOWN if time is None else duration((now - moment(time)).total_seconds())


def name(row: RecordRow) -> str:
    """A task's type and symbol, or a workflow's name."""
    return " ".join(filter(None, [clean(row.name or row.task_type), clean(row.symbol or "")]))


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


def text_of(row: RecordRow, locale: Locale) -> str:
    """A task's text on one line, a default text in `locale`; of a workflow with its failed members:
    "5 of 9 tasks have ended (error 2, never ran 1)"."""
    at = None if row.updated_at is None else moment(row.updated_at).astimezone()
    message = clean(in_language(locale, row.current_status, row.message_code, at))
    failed = counts(locale, {n: row.counts.get(n) for n in ("error", "cancelled", "never_ran")})
    return text(locale, "of_tasks", text=message, counts=failed) if failed else message


def trouble(view: View, locale: Locale) -> str:
    """Why the view is old."""
    at = "" if view.at is None else f"{view.at:%H:%M:%S}"
    return text(locale, "away" if at else "never", time=at)


def links(row: RecordRow, now: datetime, locale: Locale) -> Iterator[str]:
    """A task's links, each on one line: "Export: https://…"; of an expired one no address."""
    for link in row.links:
        over = link.expires_at is not None and moment(link.expires_at) <= now
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


def remaining(row: RecordRow, now: datetime, locale: Locale) -> str:
    """ "2–3m", "≤15m", "longer"; of a type with few past runs "1:15"; of a run without any value to
    estimate by "can't estimate", after its first seconds."""
    if (found := row.estimate) is None:
        if (end := optional_moment(row.estimated_completion)) is None:
            runs = row.status == TaskStatus.RUNNING and not row.workflow_id and row.start_time
            late = runs and (now - moment(runs)).total_seconds() > _FIRST_S
            return text(locale, "no_estimate") if late else UNKNOWN
        if end <= now:  # what is usual is not known
            return UNKNOWN
        return duration((end - now).total_seconds())
    return _span(found.earliest, found.latest, now, locale) or text(locale, "longer")


def done_by(view: View, locale: Locale) -> str:
    """The sentence on when the open tasks of the store will be done; "" where no list is shown."""
    its: Mapping[str, Any] = next(iter(view.workers.get("open") or ()), {})
    if not its.get("tasks") or not view.counts or view.workflow is not None:
        return ""
    tasks, some, end = its["tasks"], its["estimated"], its["estimate"]
    if end is None:
        return text(locale, "no_end", tasks=tasks)
    zone = view.now.tzinfo
    first = end["earliest"] and moment(end["earliest"]).astimezone(zone)
    # The latest end is rounded up to a minute, as the earliest is rounded down.
    last = moment(end["latest"]).astimezone(zone) + timedelta(seconds=59.999)
    what = "open_some" if some < tasks else "open_all" if tasks > 1 else "open_one"
    return text(
        locale,
        "done_between" if first and first > view.now else "done_by",
        what=text(locale, what, tasks=tasks, some=some),
        first=first and clock_text(first, view.now),
        last=clock_text(last, view.now),
    )


def message(row: RecordRow, now: datetime, locale: Locale) -> str:
    """A task's message, default texts in `locale`, whatever the writer's; of an error its reason,
    and until when it may be taken back; of a waiting task when it is likely to start."""
    text = still_runs(row, locale) or text_of(row, locale)
    more = starting(row, now, locale)
    if row.status == TaskStatus.ERROR and row.error_message:
        more = clean(in_language(locale, row.error_message, row.error_code))
        text = "" if row.is_over() else text
    elif reason := (row.control or {}).get("reason"):
        more = clean(str(reason))
    return f"{text} ({more})" if text and more else text or more


def starting(row: RecordRow, now: datetime, locale: Locale) -> str:
    """When a waiting task is likely to start: "in 2–3m, 3 of its type ahead"; "" of any other."""
    if row.ahead is None:
        return ""
    place = text(locale, "before" if row.ahead else "next", count=f"{row.ahead:,}")
    start = row.start_estimate
    span = start and _span(start.earliest, start.latest, now, locale)
    after = text(locale, "in", span=span) if span else ""
    return joined(locale, after, place)


def _span(earliest: str | None, latest: str, now: datetime, locale: Locale) -> str:
    """How long it is to a range of times; "" past its end."""
    most = (moment(latest) - now).total_seconds()
    if most <= 0:
        return ""
    least = 0.0 if earliest is None else (moment(earliest) - now).total_seconds()
    unit, first, last = _rounded(max(least, 0), most)
    if last >= _LONG:
        first = 0  # a column has no room for both
    span = str(last) if first == last else f"{first}–{last}" if first else f"≤{last}"
    return text(locale, f"span_{unit}", span=span)


def _rounded(least: float, most: float) -> tuple[str, int, int]:
    """A unit, and the whole numbers of it between which a rest is: never closer than the bounds."""
    size, unit = next((size, unit) for size, until, unit in _UNITS if most < until)
    step = _STEP if unit == "s" and most >= _COARSE_S else 1
    return unit, int(least / size // step) * step, ceil(most / size / step) * step
