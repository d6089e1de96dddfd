"""A part of a commit: what a feature has a commit do besides writing the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .keys import Keys


class Given(NamedTuple):
    """What a script or part takes: its keys and arguments by the names in its header, and the
    others behind these."""

    keys: Mapping[str, str]
    args: Mapping[str, Any]
    more_keys: Sequence[str] = ()
    more: Sequence[Any] = ()


class Part(NamedTuple):
    """A part of a commit, which runs after SET and before PUBLISH."""

    #: The file in `scripts/parts/` that has its Lua.
    lua: str
    #: Its keys and arguments, under the key names of the task's partition.
    given: Callable[[Keys], Given]
    #: What is equal of two parts of which one run does for several first records; None of one that
    #: runs for each record.
    shared: object = None
