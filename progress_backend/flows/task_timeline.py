"""Flows of what happened to a task: reading its timeline, and keeping the samples of a run."""

from __future__ import annotations

from ..errors import TaskNotFound
from ..operations import records, timelines
from ..operations.call import Call
from ..record import reader_view, samples, task_json, timeline
from ..record.document import read_stored
from ..record.json_text import dumps
from ..settings import Settings
from .flow import Flow


def read(task_id: str, settings: Settings) -> Flow[bytes]:
    """A task's timeline as clients get it: its entries, how many are gone, and the samples of its
    newest attempts.

    Raises:
        TaskNotFound: there is no record.
        ForeignValue: the value that is stored there is no record.
    """
    zone = settings.zone()
    (stored,) = yield from records.read((task_id,))
    if stored is None:
        raise TaskNotFound(task_id)
    task = task_json.task_of(reader_view.in_zone(read_stored(stored, task_id), zone))
    first = max(task.attempt - samples.ATTEMPTS, 0) + 1
    found = yield from timelines.read(task_id, tuple(range(first, task.attempt + 1)))
    points = {attempt: samples.points_of(text) for attempt, text in found.samples.items()}
    body = {
        "task_id": task_id,
        "gone": found.gone,
        "entries": timeline.read(task, found.entries, zone),
        "samples": samples.thinned(points),
    }
    return dumps(body).encode("utf-8", "replace")


def keep_samples(task_id: str, attempt: int, points: bytes, settings: Settings) -> Call[None]:
    """Keeps the samples of a run, in place of its earlier ones."""
    kept_s = settings.retention_s + settings.cleanup_interval_s + 60
    return timelines.keep_samples(task_id, attempt, points, int(kept_s * 1000))
