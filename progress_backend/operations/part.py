"""A part of a commit: what a commit writes for a feature besides the record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .keys import Keys


class Given(NamedTuple):
    """The keys and arguments of a script or part: those with names in its header, and those that
    follow."""

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
    #: Parts of several first records run once for all if this is equal; None: the part runs for
    #: each record.
    shared: object = None
