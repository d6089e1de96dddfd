"""Commands about the logs of tasks: their newest lines, each with its number."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...record import room
from .. import scripts
from ..requests import Request, evalsha
from .entry import Entry, in_order, of_its_task, of_its_tasks


def _add(command: c.AddToLog, keys: Keys) -> list[Request]:
    names = [keys.log(command.task_id), keys.task(command.task_id)]
    about = (room.LOG, room.AROUND, command.ttl_ms, command.lost)
    return [evalsha(scripts.LOG, names, *about, *command.lines)]


def _may(command: c.AddToLog, replies: list[Any]) -> bool:
    return bool(replies[0] != 0)


def _read(command: c.ReadLog, keys: Keys) -> list[Request]:
    log = keys.log(command.task_id)
    ends = [("XRANGE", log, "-", "+", "COUNT", 1), ("XREVRANGE", log, "+", "-", "COUNT", 1)]
    if command.after is None:
        return [*ends, ("XREVRANGE", log, "+", "-", "COUNT", command.limit)]
    return [*ends, ("XRANGE", log, f"{command.after + 1}-0", "+", "COUNT", command.limit)]


def _lines(command: c.ReadLog, replies: list[Any]) -> c.LogPart:
    first, newest, found = ([_line(entry) for entry in reply or ()] for reply in replies)
    lines = found[::-1] if command.after is None else found
    return c.LogPart(tuple(lines), first[0][0] if first else None, newest[0][0] if newest else None)


def _line(entry: Any) -> tuple[int, bytes]:
    stored_id, fields = entry
    values = (
        fields if isinstance(fields, dict) else dict(zip(fields[::2], fields[1::2], strict=True))
    )
    return int(stored_id.partition(b"-")[0]), values[b"j"]


def _newest(command: c.NewestLines, keys: Keys) -> list[Request]:
    return [("XREVRANGE", keys.log(each), "+", "-", "COUNT", 1) for each in command.task_ids]


def _numbers(command: c.NewestLines, replies: list[Any]) -> list[int | None]:
    return [_line(reply[0])[0] if reply else None for reply in replies]


TABLE: dict[type[c.Command], Entry] = {
    c.AddToLog: Entry(_add, _may, of_its_task),
    c.NewestLines: Entry(_newest, _numbers, of_its_tasks, in_order),
    c.ReadLog: Entry(_read, _lines, of_its_task),
}
