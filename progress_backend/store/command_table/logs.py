"""Commands about the logs of tasks: their newest lines, each with its number."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...record import room
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, in_order, of_its_task, of_its_tasks


def _add(command: c.AddToLog, keys: Keys) -> list[Request]:
    names = [keys.log(command.task_id), keys.task(command.task_id)]
    about = (room.LOG, room.AROUND, command.ttl_ms, command.lost)
    return [evalsha(scripts.LOG, names, *about, *command.lines)]


def _may(command: c.AddToLog, replies: list[Any]) -> bool:
    return bool(replies[0] != 0)


def _add_in_memory(state: MemoryState, command: c.AddToLog) -> bool:
    if state.document(command.task_id) is None:
        return True
    kept = state.logs.setdefault(command.task_id, [])
    number = (kept[-1][0] if kept else 0) + command.lost
    kept += [(number + i, line) for i, line in enumerate(command.lines, 1)]
    while sum(room.cost(line) for _, line in kept) > room.LOG:
        del kept[0]
    return True


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


def _read_in_memory(state: MemoryState, command: c.ReadLog) -> c.LogPart:
    kept = state.logs.get(command.task_id, []) if state.document(command.task_id) else []
    if command.after is None:
        found = kept[-command.limit :]
    else:
        found = [line for line in kept if line[0] > command.after][: command.limit]
    ends = (kept[0][0], kept[-1][0]) if kept else (None, None)
    return c.LogPart(tuple(found), *ends)


def _newest(command: c.NewestLines, keys: Keys) -> list[Request]:
    return [("XREVRANGE", keys.log(each), "+", "-", "COUNT", 1) for each in command.task_ids]


def _numbers(command: c.NewestLines, replies: list[Any]) -> list[int | None]:
    return [_line(reply[0])[0] if reply else None for reply in replies]


def _newest_in_memory(state: MemoryState, command: c.NewestLines) -> list[int | None]:
    logs = [state.logs.get(each) if state.document(each) else None for each in command.task_ids]
    return [log[-1][0] if log else None for log in logs]


TABLE: dict[type[c.Command], Entry] = {
    c.AddToLog: Entry(_add, _may, _add_in_memory, of_its_task),
    c.NewestLines: Entry(_newest, _numbers, _newest_in_memory, of_its_tasks, in_order),
    c.ReadLog: Entry(_read, _lines, _read_in_memory, of_its_task),
}
