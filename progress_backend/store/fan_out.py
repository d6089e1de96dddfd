"""A command's requests on every partition that it is about, and its reply from theirs."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..flows import commands as c
from ..flows.partitions import Layout, Part
from .replies import decode
from .requests import Request, encode


class Planned(NamedTuple):
    """A command's requests, to be sent together, and how their replies become its reply."""

    command: c.Command
    requests: list[Request]

    def reply(self, replies: list[Any]) -> Any:
        """The command's reply."""
        return decode(self.command, replies)


class Spread(NamedTuple):
    """The same where the command is about several partitions."""

    command: c.Command
    layout: Layout
    parts: list[Part]
    requests: list[Request]
    #: How many of the requests are each part's.
    sizes: list[int]

    def reply(self, replies: list[Any]) -> Any:
        """The command's reply."""
        at, answers = 0, []
        for (_, part), size in zip(self.parts, self.sizes, strict=True):
            answers.append(decode(part, replies[at : at + size]))
            at += size
        return self.layout.merge(self.command, self.parts, answers)


def plan(command: c.Command, layout: Layout) -> Planned | Spread:
    """A command's requests on every partition that it is about."""
    if len(layout.keys) == 1:
        return Planned(command, encode(command, layout.keys[0]))
    parts = layout.split(command)
    encoded = [encode(part, layout.keys[place]) for place, part in parts]
    requests = [request for own in encoded for request in own]
    return Spread(command, layout, parts, requests, [len(own) for own in encoded])
