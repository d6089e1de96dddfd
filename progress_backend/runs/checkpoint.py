"""Checkpoint of a run: the position from which the task's next attempt continues. It is recorded
with the run's values, and read after a retry, a redelivery or a lost worker."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from hashlib import sha1
from typing import Any, Final

from ..record.failures import described
from ..record.json_text import dumps
from .run import CountingLoop, Run

logger = logging.getLogger(__name__)

#: Largest value in bytes of JSON: it is written with every value of the run.
LARGEST: Final = 8 * 1024
#: Resumable loops of one run, and their longest name in characters.
MOST_LOOPS, LONGEST_NAME = 32, 100
#: Longest wait, in seconds, of a job that reads its checkpoint before its start is recorded.
_START_WAIT_S: Final = 5.0
_POLL_S: Final = 0.02


class Checkpoint:
    """Where a run's next attempt resumes, and where this attempt resumed.

    Set by the job's thread and read by the sender's: each change is one assignment.
    """

    __slots__ = ("_arguments", "_before", "_earlier", "_loops", "_task_id", "_value", "_warned")

    def __init__(self, task_id: str, arguments: str, found: str | None) -> None:
        """Takes the digest of the task's arguments, and the checkpoint in the run's record."""
        self._task_id = task_id
        self._arguments = arguments
        self._warned = False
        earlier = _read(found)
        if earlier and earlier["arguments"] != arguments:
            earlier = {}
            self._warn(
                "task %s has other arguments than its checkpoint: this attempt starts from zero",
                task_id,
            )
        #: The newest value and that of the attempt before, as JSON text; None until one is given.
        self._value: str | None = earlier.get("value")
        self._before = self._value
        #: By name: items done, and in all, of earlier attempts' loops; and this attempt's loops.
        self._earlier: Mapping[str, list[int | None]] = earlier.get("loops", {})
        self._loops: Mapping[str, tuple[CountingLoop, int | None]] = {}

    @property
    def resume(self) -> Any:
        """The value of the previous attempt, parsed from its JSON each time; None without one."""
        return None if self._before is None else json.loads(self._before)

    def set(self, value: Any) -> None:
        """Sets the value. One that is too large is left out with a line in the log, and the one
        before it stays: the next attempt then does more again.

        Raises:
            TypeError: JSON does not have the value.
        """
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            size = len(text.encode())
        except (TypeError, ValueError, RecursionError) as error:
            raise TypeError(
                "checkpoint() takes a JSON value, such as a number, a string or a dict of them: "
                f"{described(error)}"
            ) from None
        if size <= LARGEST:
            self._value = text
        else:
            self._warn(
                "a checkpoint of task %s is not recorded: it has %d bytes of JSON, and the maximum "
                "is %d; store large values elsewhere, and give their place",
                *(self._task_id, size, LARGEST),
            )

    def done_before(self, name: str, total: int | None) -> int:
        """Items of a loop that earlier attempts have finished; 0 if the total has changed, since
        the items may be others."""
        done, before = self._earlier.get(name, (0, None))
        if total is not None and before is not None and total != before:
            self._warn(
                "track() of task %s has %d items, and had %d in the previous attempt: it starts "
                "from zero",
                *(self._task_id, total, before),
            )
            return 0
        return done or 0

    def admits(self, name: str, around: CountingLoop | None) -> bool:
        """Whether a loop can be resumed: it is the run's first one of this name, and not inside
        another loop with resume, which may be at another item now."""
        if name in self._loops:
            why = "is not the first of this name in its run"
        elif self._is_within(around):
            why = "is inside another loop with resume"
        elif len(self._loops) >= MOST_LOOPS or len(name) > LONGEST_NAME:
            why = f"is above the limit of {MOST_LOOPS} loops, of {LONGEST_NAME} characters each"
        else:
            return True
        line = f"track(resume=%.{LONGEST_NAME}r) of task %s {why}: it is not resumed"
        self._warn(line, name, self._task_id)
        return False

    def _is_within(self, around: CountingLoop | None) -> bool:
        while around is not None:
            if any(loop is around for loop, _ in self._loops.values()):
                return True
            _, around = around.around
        return False

    def follow(self, name: str, loop: CountingLoop, total: int | None) -> None:
        """Adds the loop's number of items done to each text from now on."""
        self._loops = {**self._loops, name: (loop, total)}

    def text(self) -> str | None:
        """The checkpoint as it is recorded; None if there is neither a value nor a loop."""
        now = {name: [loop.done, total] for name, (loop, total) in self._loops.items()}
        loops = {**self._earlier, **now}
        if self._value is None and not loops:
            return None
        return dumps({"arguments": self._arguments, "value": self._value, "loops": loops})

    def _warn(self, line: str, *args: object) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(line, *args)


def of_run(run: Run) -> Checkpoint:
    """A run's checkpoint, made at the first call, which waits until the run's start is recorded:
    the reply has the checkpoint of the previous attempt."""
    known = run.checkpoint
    if isinstance(known, Checkpoint):
        return known
    arguments = _digest(run)
    _wait_for_start(run)
    run.checkpoint = made = Checkpoint(run.task_id, arguments, run.found)
    return made


def _wait_for_start(run: Run) -> None:
    if not run.task_id or run.attempt is not None or run.refused:
        return
    deadline = time.monotonic() + _START_WAIT_S
    run.sender.wake()
    while run.attempt is None and not run.refused:
        if time.monotonic() >= deadline:
            logger.warning(
                "the store does not answer: task %s starts without the checkpoint of its previous "
                "attempt",
                run.task_id,
            )
            return
        time.sleep(_POLL_S)


def _digest(run: Run) -> str:
    """The digest of the task's name and arguments: a checkpoint with another one is not used."""
    request = run.request
    args, kwargs = getattr(request, "args", None), getattr(request, "kwargs", None)
    name = getattr(run.celery_task, "name", "")
    text = dumps([name, list(args or ()), sorted((kwargs or {}).items())])
    return sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _read(found: str | None) -> dict[str, Any]:
    """Parses a recorded checkpoint; empty if there is none, or the text is not one."""
    if found is None:
        return {}
    try:
        earlier = json.loads(found)
        value, loops = earlier["value"], earlier["loops"]
        if isinstance(value, str):
            json.loads(value)
        sound = isinstance(value, (str, type(None))) and all(
            type(done) is int and done >= 0 and (total is None or type(total) is int)
            for done, total in loops.values()
        )
        return earlier if sound and isinstance(earlier["arguments"], str) else {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
