"""The streams beside a record: the newest lines of a task's log, each with its number, and its
timeline, which commits write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..record import room
from .call import Call, Requests, at, one
from .keys import Keys
from .scripts import script
from .values import stored_entry


class LogPart(NamedTuple):
    """Lines of a log, each with its number; and the numbers of the oldest and the newest that are
    kept, None where none is."""

    lines: tuple[tuple[int, bytes], ...]
    first: int | None
    last: int | None


def add_lines(
    task_id: str, lines: Sequence[bytes], most: int, ttl_ms: int, lost: int = 0
) -> Call[bool]:
    """Adds lines to a task's log, and drops the oldest beyond `most` bytes; nothing if the task has
    no record. False if the Redis user may not write logs. `lost` lines before them were dropped:
    their numbers are left out."""

    def ask(keys: Keys) -> Requests[bool]:
        names = {"log": keys.log(task_id), "task": keys.task(task_id)}
        about = {"most": most, "around": room.AROUND, "ttl": ttl_ms, "lost": lost}
        return one(script("log", names, about, more=lines), lambda may: bool(may != 0))

    return at(task_id, ask)


def lines(task_id: str, after: int | None, limit: int) -> Call[LogPart]:
    """The lines of a task's log after a number, `limit` at most; the newest ones for None."""

    def ask(keys: Keys) -> Requests[LogPart]:
        log = keys.log(task_id)
        ends = [("XRANGE", log, "-", "+", "COUNT", 1), ("XREVRANGE", log, "+", "-", "COUNT", 1)]
        if after is None:
            return Requests([*ends, ("XREVRANGE", log, "+", "-", "COUNT", limit)], parse)
        return Requests([*ends, ("XRANGE", log, f"{after + 1}-0", "+", "COUNT", limit)], parse)

    def parse(replies: list[Any]) -> LogPart:
        first, newest, found = ([_line(entry) for entry in reply or ()] for reply in replies)
        lines = found[::-1] if after is None else found
        ends = (first[0][0] if first else None, newest[0][0] if newest else None)
        return LogPart(tuple(lines), *ends)

    return at(task_id, ask)


def _line(entry: Any) -> tuple[int, bytes]:
    stored_id, fields = entry
    if not isinstance(fields, dict):
        fields = dict(zip(fields[::2], fields[1::2], strict=True))
    return int(stored_id.partition(b"-")[0]), fields[b"j"]


class Timeline(NamedTuple):
    """The newest entries of a task's timeline as they are stored, and how many before them were
    removed."""

    gone: int = 0
    entries: tuple[bytes, ...] = ()


def timeline(task_id: str) -> Call[Timeline]:
    """Reads a task's timeline."""

    def ask(keys: Keys) -> Requests[Timeline]:
        bounds = ("-", "+", "COUNT", room.TIMELINE // room.AROUND)
        return one(("XRANGE", keys.timeline(task_id), *bounds), parse)

    def parse(stored: Any) -> Timeline:
        entries = [stored_entry(each) for each in stored or ()]
        gone = int(stored[0][0].partition(b"-")[2]) if stored else 0
        return Timeline(gone, tuple(entries))

    return at(task_id, ask)
