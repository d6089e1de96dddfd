"""What the log says of a store that is away: one line a minute and outage, whichever part of the
process finds out."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable

from ..settings import Settings

logger = logging.getLogger(__name__)

#: Time between two lines of one outage.
_REST_S = 60.0
#: How many more outages are said before that, of a store that comes and goes.
_MORE = 2


class OneAMinute:
    """Lets one line a minute through."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._next: float | None = None

    def passes(self) -> bool:
        """Whether a line may be written now; then none for a minute."""
        now = self._clock()
        if self._next is not None and now < self._next:
            return False
        self._next = now + _REST_S
        return True


class Outage:
    """One a process and store. Its parts (the sender, the lease, the listener) see one outage each
    in their own time: each is heard once, and all of them together once a minute. Once all have had
    an answer, the next outage is a new one: it is said at once, three of them a minute at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = OneAMinute(clock)
        self._more = 0
        #: No lock: it would be gevent's, and the lease's thread is a native one.
        self._away: set[str] = set()
        self._said: set[str] = set()

    def away(self, part: str, says: str) -> None:
        """A try of this part has failed."""
        new = not self._away
        self._away.add(part)
        if part not in self._said and self._may_be_said(new):
            self._said.add(part)
            _say(says)

    def back(self, part: str) -> None:
        """A try of this part has succeeded."""
        self._away.discard(part)
        if part in self._said:
            self._said.discard(part)
            if not self._said:
                _say("the progress store answers again")

    def _may_be_said(self, new: bool) -> bool:
        if self._line.passes():
            self._more = _MORE
            return True
        if new and self._more:
            self._more -= 1
            return True
        return False


def _say(text: str) -> None:
    # A handler of the application's log may raise: the part goes on with its work all the same.
    with contextlib.suppress(Exception):
        logger.warning("%s", text)


_outages: dict[str | None, Outage] = {}


def outage_of(settings: Settings) -> Outage:
    """This process's, of the store that the settings name."""
    return _outages.setdefault(settings.redis_url, Outage())


# What the parent has said is not said by its child.
os.register_at_fork(after_in_child=_outages.clear)
