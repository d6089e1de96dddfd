"""Lines of the audit log about requests that their caller may not make: ten a minute of each
caller, then one with how many more there were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

#: Lines of one caller in a span, and the span in seconds.
MOST: Final = 10
SPAN_S: Final = 60.0
#: Callers that have lines of their own in a span; all others have theirs together.
MOST_CALLERS: Final = 1_000
_OTHERS: Final = ""

Line = dict[str, Any]


class RefusedLines:
    """The lines of one application. Needs a running event loop."""

    def __init__(self) -> None:
        #: Of each caller of the span: its lines, its last line, and what writes how many more.
        self._of: dict[str, tuple[int, Line, Callable[[Line], None], asyncio.TimerHandle]] = {}

    def write(self, caller: str, line: Line, write: Callable[[Line], None]) -> None:
        """Writes a line, or counts it for the line that ends its caller's span."""
        if caller not in self._of and len(self._of) >= MOST_CALLERS:
            caller = _OTHERS
        if (known := self._of.get(caller)) is None:
            timer = asyncio.get_running_loop().call_later(SPAN_S, self._end, caller)
            known = (0, line, write, timer)
        count = known[0] + 1
        self._of[caller] = (count, line, write, known[3])
        if count <= MOST:
            write(line)

    def close(self) -> None:
        """Ends the spans of all callers."""
        for caller in tuple(self._of):
            self._end(caller)

    def _end(self, caller: str) -> None:
        count, line, write, timer = self._of.pop(caller)
        timer.cancel()
        if count > MOST:
            kept = {name: line[name] for name in ("at", "who", "address", "answer")}
            who = {} if caller else {"who": "others", "address": None}
            write({**kept, "what": "refused", **who, "more": count - MOST})
