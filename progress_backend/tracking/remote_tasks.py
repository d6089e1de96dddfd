"""The marking of a task that this process has not imported: read from the store, where workers
write theirs."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from celery.exceptions import SoftTimeLimitExceeded

from ..operations import markings
from ..operations.call import Call
from ..record.json_text import dumps
from .decorator import Marking
from .identity import CHECKS
from .tracker import Tracker

logger = logging.getLogger(__name__)

#: Most task names that a worker stores and a process caches; and that the Redis hash holds.
MOST, MOST_IN_ALL = 1_000, 10_000
#: Seconds for which a marking is cached, and for which a missing one is: a worker with it may be
#: about to start.
FOUND_S, MISSING_S = 300.0, 30.0
#: Longest text of one marking; longer metadata is not stored.
_LONGEST: Final = 8 * 1024


def left(tracker: Tracker) -> Call[None]:
    """The call that stores the markings of a worker's tasks."""
    names = sorted(tracker.app._tasks)
    marked = [(name, m) for name in names if (m := tracker.marking(name)) is not None][:MOST]
    if len(marked) == MOST:
        logger.warning(
            "the options of only %d tasks are stored for processes that publish by name", MOST
        )
    return markings.leave([(name, _text(marking)) for name, marking in marked], MOST_IN_ALL)


def _text(marking: Marking) -> str:
    """A marking's constants as JSON. Functions of the arguments are called by the worker when the
    task starts."""
    constants = {name: value for name, value in marking.values.items() if not callable(value)}
    if not marking.results:
        constants["results"] = False
    if marking.workflow is not None:
        constants["workflow"] = marking.workflow
    if marking.start:
        constants |= {"start": marking.start, "again": marking.again}
    text = dumps(constants)
    return text if len(text) <= _LONGEST else dumps({**constants, "metadata": None})


def _marking(text: bytes | None) -> Marking | None:
    try:
        stored = json.loads(text) if text is not None else None
    except ValueError:
        return None
    if not isinstance(stored, Mapping):
        return None
    constants: dict[str, Any] = {name: stored.get(name) for name in CHECKS}
    named = stored.get("workflow")
    workflow = named if isinstance(named, str) else None
    results = stored.get("results") is not False
    start = stored.get("start")
    constants["start"] = start if start in (True, "owner") else False
    constants["again"] = stored.get("again") is not False
    return Marking(results=results, workflow=workflow, **constants)


def look_for(tracker: Tracker, name: str) -> None:
    """Looks up the marking of a task by its name, unless it is cached. Raises nothing but the
    publishing job's own time limit."""
    known = tracker.remote.get(name)
    if known is not None and time.monotonic() < known[1]:
        return
    try:
        _ask(tracker, name)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("the options of task %s cannot be read", name)


def _ask(tracker: Tracker, name: str) -> None:
    if (process := tracker.process) is None:
        return
    found = process.sender.ask(markings.stored(name))
    if found is None:
        return  # the store does not answer: the next publish asks again
    marking = _marking(found[0])
    if len(tracker.remote) >= MOST:
        tracker.remote.clear()  # so many names are generated: keeping any is of no use
    believed_s = MISSING_S if marking is None else FOUND_S
    tracker.remote[name] = marking, time.monotonic() + believed_s
