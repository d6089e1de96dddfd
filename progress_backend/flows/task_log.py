"""Flows of a task's log: adding lines, and reading them."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import TaskNotFound
from ..operations import records, streams
from ..operations.call import Call
from ..record.log_line import LogLine, written
from ..record.redaction import Redaction
from ..settings import Settings
from .flow import Flow

#: Most lines in one read, and the default.
MOST_LINES, LINES = 1_000, 200


def add(
    task_id: str,
    attempt: int | None,
    lines: Sequence[LogLine],
    lost: int,
    settings: Settings,
    redaction: Redaction,
) -> Call[bool]:
    """Adds lines to a task's log, redacted; `lost` lines before them were dropped. False if the
    Redis user may not write logs."""
    redacted = (line._replace(text=redaction.value("message", line.text)) for line in lines)
    texts = tuple(written(line, attempt) for line in redacted)
    kept_s = settings.retention_s + settings.cleanup_interval_s + 60
    return streams.add_lines(task_id, texts, settings.log_kib * 1024, int(kept_s * 1000), lost)


def read(task_id: str, after: int | None, limit: int) -> Flow[streams.LogPart]:
    """The lines of a task's log after a number; the newest ones for None. A number beyond the
    newest line is of an older record's log: then the first lines.

    Raises:
        TaskNotFound: there is no record.
    """
    (stored,) = yield from records.read((task_id,), light=True)
    if stored is None:
        raise TaskNotFound(task_id)
    part = yield from streams.lines(task_id, after, limit)
    if after is not None and part.last is not None and after > part.last:
        part = yield from streams.lines(task_id, 0, limit)
    return part
