"""The marking of a task that this process has not imported: found in the app's modules, where
Celery's own worker finds it, or in what the workers leave in the store.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Mapping
from typing import Final

from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded

from ..flows import commands as c
from ..record.failures import described
from ..record.json_text import dumps
from .decorator import Marking
from .tracker import Tracker

logger = logging.getLogger(__name__)

#: Names that one worker leaves, and that one process remembers; and that the hash holds.
MOST, MOST_IN_ALL = 1_000, 10_000
#: For how long a marking is believed, and for how long a name counts as unmarked: a worker may be
#: about to start.
FOUND_S, MISSING_S = 300.0, 30.0
#: Longest text of one marking; metadata above it stays with the worker.
_LONGEST: Final = 8 * 1024
_CONSTANTS: Final = ("task_type", "symbol", "total_items", "metadata")


def left(tracker: Tracker) -> c.LeaveMarkings:
    """The markings of a worker's tasks, to be left in the store."""
    names = sorted(tracker.app._tasks)
    marked = [(name, m) for name in names if (m := tracker.marking(name)) is not None][:MOST]
    if len(marked) == MOST:
        logger.warning("only %d tasks' markings are left for those who publish by name", MOST)
    return c.LeaveMarkings(tuple((name, _text(marking)) for name, marking in marked), MOST_IN_ALL)


def _text(marking: Marking) -> str:
    """Its constants. A function of the arguments is the worker's to call when the task starts."""
    said = {name: value for name, value in marking.said.items() if not callable(value)}
    if not marking.results:
        said["results"] = False
    text = dumps(said)
    return text if len(text) <= _LONGEST else dumps({**said, "metadata": None})


def _marking(text: bytes | None) -> Marking | None:
    try:
        said = json.loads(text) if text is not None else None
    except ValueError:
        return None
    if not isinstance(said, Mapping):
        return None
    constants = {name: said.get(name) for name in _CONSTANTS}
    return Marking(**constants, results=said.get("results") is not False)


def look_for(tracker: Tracker, name: str) -> None:
    """Tells the tracker the marking of a task by its name; asks nobody where it was told lately.
    Raises nothing but the publishing job's own time limit."""
    known = tracker.remote.get(name)
    if known is not None and time.monotonic() < known[1]:
        return
    try:
        _ask(tracker, name)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("progress: the marking of %s", name)


def _ask(tracker: Tracker, name: str) -> None:
    if (process := tracker.process) is None:
        return
    if _is_a_command_of(tracker.app) and _imported(tracker, name):
        return
    found: c.Marked | None = process.sender.ask(c.MarkingOf(name))
    if found is None:
        return  # the store is away: the next one asks again
    if not found.others and _imported(tracker, name):
        return  # no worker was ever here: a first run, or a test
    marking = _marking(found.text)
    if len(tracker.remote) >= MOST:
        tracker.remote.clear()  # names that are made up as they are sent: no order to keep
    believed_s = MISSING_S if marking is None else FOUND_S
    tracker.remote[name] = marking, time.monotonic() + believed_s


def _is_a_command_of(app: Celery) -> bool:
    """Whether `celery call` and the like run here: what imports the app alone."""
    if "celery.bin.celery" not in sys.modules:
        return False
    from click import get_current_context

    context = get_current_context(silent=True)
    return context is not None and getattr(context.obj, "app", None) is app


def _imported(tracker: Tracker, name: str) -> bool:
    """Whether the app's modules have the task; they are imported once a process, and by a worker
    or beat before it begins."""
    app = tracker.app
    if not tracker.imported and tracker.worker() is None:
        tracker.imported = True
        try:
            app.loader.import_default_modules()
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # the team's modules may raise anything
            logger.warning(
                "the app's modules cannot be imported to look for @progress_task: %s",
                described(error),
            )
    return name in app._tasks
