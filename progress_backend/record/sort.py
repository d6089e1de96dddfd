"""The orders of a list of tasks, and a span of their creation times; pure."""

from __future__ import annotations

from typing import Final, NamedTuple

#: Above every creation time, in µs since 1970.
LATEST_US: Final = 2**52


class Span(NamedTuple):
    """From a creation time on and before another, in µs since 1970."""

    from_us: int = 0
    before_us: int = LATEST_US


#: The orders of a list: by creation, the newest first; running tasks before the others; and by end,
#: the last first.
NEWEST, RUNNING, BY_END = SORTS = ("newest", "running", "ended")
