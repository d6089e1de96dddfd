"""The orders of a list of tasks, and a span of times; pure."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Above every time in an index, in µs or ms since 1970.
LATEST: Final = 2**52


class Span(NamedTuple):
    """From a time on and before another, since 1970: of creation in µs, of ends in ms."""

    since: int = 0
    before: int = LATEST


#: The orders of a list: by creation, the newest first; running tasks before the others; and by end,
#: the last first.
NEWEST, RUNNING, BY_END = SORTS = ("newest", "running", "ended")
