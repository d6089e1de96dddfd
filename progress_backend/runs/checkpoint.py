"""Checkpoint of a run: from where the next attempt of the task goes on. It is recorded with the
run's values, and comes back to the attempt that follows a retry, a redelivery or a lost worker."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from hashlib import sha1
from typing import Any, Final, NamedTuple

from ..record.failures import described
from ..record.json_text import dumps
from .run import CountingLoop, Run

logger = logging.getLogger(__name__)

#: Largest value in bytes of JSON: it is written with every value of the run.
LARGEST: Final = 8 * 1024
#: Resumable loops of one run, and their longest name in characters.
MOST_LOOPS, LONGEST_NAME = 32, 100
#: Longest wait of a job that asks for its checkpoint while its start is not recorded yet.
_START_WAIT_S: Final = 5.0
_POLL_S: Final = 0.02


class _Followed(NamedTuple):
    """A resumable loop of the run, whose items count."""

    loop: CountingLoop
    total: int | None
    #: The name of the resumable loop around it, and how many items that had done when this one
    #: began: of another item what is done here says nothing.
    within: list[str | int] | None


class Checkpoint:
    """What a run has said of where its next attempt goes on, and what the attempt before said.

    Set by the job's thread and read by the sender's: each change is one assignment.
    """

    __slots__ = (
        *("_arguments", "_before", "_earlier", "_loops", "_names", "_task_id", "_told", "_value"),
        "_within",
    )

    def __init__(self, task_id: str, arguments: str, found: str | None) -> None:
        """Takes the record's checkpoint as the run found it, and the digest of its arguments."""
        self._task_id = task_id
        self._arguments = arguments
        self._told = False
        earlier = _read(found)
        if earlier and earlier["arguments"] != arguments:
            earlier = {}
            self._tell(
                "the arguments of task %s are others than those of its checkpoint: this attempt "
                "begins anew",
                task_id,
            )
        #: The newest value and that of the attempt before, as JSON text; None until one is given.
        self._value: str | None = earlier.get("value")
        self._before = self._value
        #: The earlier attempt's loops: items done, and items in all; and of those within another
        #: one, in which of its items they were.
        self._earlier: Mapping[str, list[int | None]] = earlier.get("loops", {})
        self._within: Mapping[str, list[str | int]] = earlier.get("within", {})
        self._loops: Mapping[str, _Followed] = {}
        self._names: set[str] = set()

    @property
    def resume(self) -> Any:
        """The value of the attempt before, made anew from its JSON; None without one."""
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
                f"checkpoint() takes a value that JSON has, such as a number, a text or a dict of "
                f"them: {described(error)}"
            ) from None
        if size <= LARGEST:
            self._value = text
        else:
            self._tell(
                "a checkpoint of task %s is left out: it has %d bytes of JSON, at most %d are "
                "recorded; keep large values elsewhere and give their place",
                *(self._task_id, size, LARGEST),
            )

    def within(self, around: CountingLoop | None) -> list[str | int] | None:
        """The item of a resumable loop in which a loop begins that has these around it: the name of
        that one, and how many items it has done; None where none of them is resumable."""
        while around is not None:
            for name, known in self._loops.items():
                if known.loop is around:
                    return [name, around.done]
            _, around = around.around
        return None

    def done_before(self, name: str, total: int | None, within: list[str | int] | None) -> int:
        """Items of a loop that earlier attempts have finished. 0 where the number of items in all
        has changed, since those may be others, and in another item of the loop around it."""
        done, before = self._earlier.get(name, (0, None))
        if self._within.get(name) != within:
            self._forget_within(name)
            return 0
        if total is not None and before is not None and total != before:
            self._forget_within(name)
            self._tell(
                "track() of task %s goes over %d items, and over %d in the attempt before: it "
                "begins anew",
                *(self._task_id, total, before),
            )
            return 0
        return done or 0

    def _forget_within(self, name: str) -> None:
        """Forgets the loops in the items of a loop that begins anew."""
        inner = {each for each, (around, _) in self._within.items() if around == name}
        self._earlier = {each: done for each, done in self._earlier.items() if each not in inner}
        self._within = {each: at for each, at in self._within.items() if each not in inner}

    def admits(self, name: str, within: list[str | int] | None) -> bool:
        """Whether a loop of this name can be resumed: the first one of the run that has it, or of
        an item of the loop around it."""
        if name in self._names and not self._of_another_item(name, within):
            line = "track(resume=%r) of task %s is not the first of that name in its run: it is not"
        elif len(self._names) >= MOST_LOOPS or len(name) > LONGEST_NAME:
            line = (
                f"track(resume=%.{LONGEST_NAME}r) of task %s is above the bound of {MOST_LOOPS} "
                f"loops, and {LONGEST_NAME} characters of each name: it is not"
            )
        else:
            self._names.add(name)
            return True
        self._tell(line + " resumed", name, self._task_id)
        return False

    def _of_another_item(self, name: str, within: list[str | int] | None) -> bool:
        before = self._loops[name].within
        if before is None or within is None:
            return False
        return before[0] == within[0] and before[1] != within[1]

    def follow(
        self, name: str, loop: CountingLoop, total: int | None, within: list[str | int] | None
    ) -> None:
        """Counts a loop's items as done in each text from now on."""
        self._loops = {**self._loops, name: _Followed(loop, total, within)}

    def text(self) -> str | None:
        """The checkpoint as it is recorded; None if nothing is known of one."""
        loops, within = dict(self._earlier), dict(self._within)
        for name, known in self._loops.items():  # a loop before those within it
            loops[name] = [known.loop.done, known.total]
            within.pop(name, None)
            if known.within is not None:
                within[name] = known.within
        if self._value is None and not loops:
            return None
        said = {"arguments": self._arguments, "value": self._value, "loops": loops}
        return dumps({**said, "within": within} if within else said)

    def _tell(self, line: str, *args: object) -> None:
        if not self._told:
            self._told = True
            logger.warning(line, *args)


def of_run(run: Run) -> Checkpoint:
    """A run's checkpoint, made at the first call, which waits for the run's start to be recorded:
    before that nothing is known of the attempt before."""
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
                "the store does not answer: task %s begins without the checkpoint of its attempt "
                "before",
                run.task_id,
            )
            return
        time.sleep(_POLL_S)


def _digest(run: Run) -> str:
    """The digest of the task's name and arguments, by which a checkpoint is known to be its own."""
    request = run.request
    args, kwargs = getattr(request, "args", None), getattr(request, "kwargs", None)
    name = getattr(run.celery_task, "name", "")
    text = dumps([name, list(args or ()), sorted((kwargs or {}).items())])
    return sha1(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _read(found: str | None) -> dict[str, Any]:
    """A recorded checkpoint; empty for none, and for a text that is none."""
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
        for name, done in earlier.get("within", {}).values():
            sound = sound and isinstance(name, str) and type(done) is int
        return earlier if sound and isinstance(earlier["arguments"], str) else {}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
