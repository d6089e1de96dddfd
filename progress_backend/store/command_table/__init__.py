"""Every store command in one table: its Redis requests, its reply, and its partitions."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...flows import commands as c
from ...operations.call import Request
from ...operations.partitions import Layout
from . import (
    acts,
    cleanup,
    lists,
    records,
    top,
    workflow_list,
    workflows,
)
from .entry import Entry, Part

TABLE: dict[type[c.Command], Entry] = {
    **records.TABLE,
    **lists.TABLE,
    **cleanup.TABLE,
    **workflows.TABLE,
    **workflow_list.TABLE,
    **top.TABLE,
    **acts.TABLE,
}


class Planned(NamedTuple):
    """A command's requests, to be sent together; `reply` makes the command's reply of theirs."""

    command: c.Command
    requests: list[Request]

    def reply(self, replies: list[Any]) -> Any:
        """The command's reply."""
        return TABLE[type(self.command)].reply(self.command, replies)


class Spread(NamedTuple):
    """A command that goes to several partitions: its parts and their requests."""

    command: c.Command
    layout: Layout
    parts: list[Part]
    requests: list[Request]
    #: The number of requests of each part.
    sizes: list[int]

    def reply(self, replies: list[Any]) -> Any:
        """The command's reply."""
        entry = TABLE[type(self.command)]
        at, answers = 0, []
        for (_, part), size in zip(self.parts, self.sizes, strict=True):
            answers.append(entry.reply(part, replies[at : at + size]))
            at += size
        return entry.merge(self.command, self.layout, self.parts, answers)


def plan(command: c.Command, layout: Layout) -> Planned | Spread:
    """A command's requests to all partitions that it is about."""
    entry = TABLE[type(command)]
    if len(layout.keys) == 1:
        return Planned(command, entry.requests(command, layout.keys[0]))
    parts = entry.split(command, layout)
    encoded = [entry.requests(part, layout.keys[place]) for place, part in parts]
    requests = [request for own in encoded for request in own]
    return Spread(command, layout, parts, requests, [len(own) for own in encoded])
