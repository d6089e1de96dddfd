"""Commands about the markings that workers store for processes which publish tasks by name."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from .. import scripts
from ..requests import Request, evalsha
from .entry import Entry, in_the_first
from .values import nothing


def _leave(command: c.LeaveMarkings, keys: Keys) -> list[Request]:
    texts = [text for pair in command.markings for text in pair]
    about = (command.ttl_ms, command.most)
    return [evalsha(scripts.LEAVE_MARKINGS, [keys.markings], *about, *texts)]


def _marking_of(command: c.MarkingOf, keys: Keys) -> list[Request]:
    return [("HMGET", keys.markings, command.name), ("EXISTS", keys.markings)]


def _marked(command: c.MarkingOf, replies: list[Any]) -> c.Marked:
    return c.Marked((replies[0] or [None])[0], bool(replies[1]))


TABLE: dict[type[c.Command], Entry] = {
    c.LeaveMarkings: Entry(_leave, nothing, in_the_first),
    c.MarkingOf: Entry(_marking_of, _marked, in_the_first),
}
