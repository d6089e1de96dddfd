"""Log lines about a store that does not answer: one an outage and a minute, whichever part of the
process notices it."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterator

from ..errors import StoreUnavailable
from ..settings import Settings

logger = logging.getLogger(__name__)

#: Time between two lines of one outage.
_REST_S = 60.0
#: Exceptions of a chain that a line names, and characters of each.
_CAUSES, _LONGEST = 3, 500


class OneAMinute:
    """Allows one log line a minute."""

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
    """The outages of one store in this process. Its parts (the sender, the lease, the listener)
    notice an outage at different times: one of them logs it, a line a minute at most, and that it
    is over for this part."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._line = OneAMinute(clock)
        #: The part with the logged outage. No lock: it would be gevent's, and the lease's thread is
        #: a native one.
        self._logged: str | None = None

    def away(self, part: str, line: str) -> None:
        """Called when a store call of this part has failed; `line` is its log line."""
        if part != self._logged and self._line.passes():
            self._logged = part
            _log(line)

    def back(self, part: str) -> None:
        """Called when a store call of this part has succeeded."""
        if part == self._logged:
            self._logged = None
            _log("the progress store answers again")


#: Texts of what failed, each with its line a minute.
_faults: dict[str, OneAMinute] = {}


def fault(what: str, error: BaseException, about: str = "") -> None:
    """Logs an exception after which the caller goes on, with its cause, once a minute. Never
    raises.

    Args:
        what: one of a few texts, by which lines are counted.
        error: the exception.
        about: what this one is about, such as a task's id.
    """
    if _faults.setdefault(what, OneAMinute()).passes():
        raised = [error]
        while (cause := raised[-1].__cause__) is not None and len(raised) < _CAUSES:
            raised.append(cause)
        causes = dict.fromkeys(f"{type(one).__name__}: {one}"[:_LONGEST] for one in raised)
        _log(": ".join(filter(None, (what, about, ", because of ".join(causes)))))


@contextlib.contextmanager
def alone(what: str, about: str = "") -> Iterator[None]:
    """`with`: what fails in the block is logged by `fault`, and ends the block alone. An outage of
    the store is raised."""
    try:
        yield
    except Exception as error:
        if isinstance(error, StoreUnavailable) and not error.refused:
            raise
        fault(what, error, about)


def _log(text: str) -> None:
    # A handler of the application's log may raise: the calling part must go on all the same.
    with contextlib.suppress(Exception):
        logger.warning("%s", text)


_outages: dict[str | None, Outage] = {}


def outage_of(settings: Settings) -> Outage:
    """This process's outages of the store that the settings name."""
    return _outages.setdefault(settings.redis_url, Outage())


# A forked child logs its own outages, not those that its parent has logged.
if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_outages.clear)
