"""The stack of a running job, taken by another thread of its process: files, functions and lines of
code, and neither locals nor arguments."""

from __future__ import annotations

import os
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from linecache import getline
from traceback import walk_stack
from types import FrameType
from typing import Any, Final, NamedTuple

from ..record.redaction import Redaction
from ..record.secret_texts import MASK
from ..record.timeline import StackFrame

#: Frames that are kept, the newest; the longest name and line of code in characters, and how much
#: of a longer line is read.
MOST, LONGEST_NAME, LONGEST_CODE, _READ = 40, 80, 120, 2_000
#: Age in seconds from which a run that has never written may hang; and the shortest hard time limit
#: before which a stack is taken.
HANGS_S, LIMITED_S = 5.0, 3.0
#: Frames that are looked at; a recursion may have thousands.
_DEEPEST: Final = 2_000
_PACKAGES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_FOLDED: Final = frozenset({"celery", "kombu", "billiard", "amqp", "vine", "progress_backend"})
#: Celery's module that calls a task's body; and asyncio's functions that run a task until its end,
#: with the local that has it.
_TRACE: Final = "celery.app.trace"
_RUNNERS: Final = {"run_until_complete": "future", "run": "task"}


class At(NamedTuple):
    """A frame of a stack as it was at a moment."""

    file: str
    line: int
    function: str
    module: str

    @property
    def own(self) -> bool:
        """Whether it is the application's own code: no package's, Python's or this library's."""
        top = self.module.partition(".")[0]
        known = top in sys.stdlib_module_names or top in _FOLDED or self.file.startswith("<")
        return not known and not any(packages in self.file for packages in _PACKAGES)

    @property
    def shown(self) -> str:
        """Its file, below the folder from which it is imported."""
        parts = self.file.split(os.sep)
        return os.sep.join(parts[-1 - self.module.count(".") - (parts[-1] == "__init__.py") :])


@dataclass(slots=True)
class JobThread:
    """Where a job is executed: a thread, or a greenlet; and what its stack was taken for."""

    thread: int = field(default_factory=threading.get_ident)
    greenlet: weakref.ref[Any] | None = None
    #: Monotonic times: when it began, when a hard time limit ends it, and when it was cancelled.
    began: float = field(default_factory=time.monotonic)
    limit_at: float | None = None
    cancelled_at: float | None = None
    #: The causes for which its stack was taken, each with a value that differs for a later one.
    handled: set[Any] = field(default_factory=set)


def here() -> JobThread:
    """The place of the caller."""
    greenlets = sys.modules.get("greenlet")
    current = None if greenlets is None else greenlets.getcurrent()
    if current is None or current.parent is None:  # the thread's own
        return JobThread()
    return JobThread(greenlet=weakref.ref(current))


def stack_of(place: JobThread) -> list[At]:
    """The stack of a place, the newest frame first, without what the worker's process was in when
    it called the first task; empty where nothing runs there."""
    if place.greenlet is None:
        newest = sys._current_frames().get(place.thread)
    else:
        newest = getattr(place.greenlet(), "gr_frame", None)
    if newest is None:
        return []
    frames = _with_task([frame for frame, _ in islice(walk_stack(newest), _DEEPEST)])
    codes = [(frame.f_code, frame.f_lineno or 0, _module(frame)) for frame in frames]
    stack = [At(code.co_filename, line, code.co_qualname, name) for code, line, name in codes]
    called = [place for place, at in enumerate(stack, 1) if at.module == _TRACE]
    return stack[: called[-1]] if called else stack


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__") or "")


def _with_task(frames: list[FrameType]) -> list[FrameType]:
    """A thread's frames; where an event loop waits in it, with those of the task that it runs until
    its end in the place of the loop's own."""
    for place, frame in enumerate(frames):
        name, module = frame.f_code.co_name, _module(frame)
        if module.startswith("asyncio.") and name in _RUNNERS:
            coroutine = getattr(frame.f_locals.get(_RUNNERS[name]), "get_coro", lambda: None)()
            if coroutine is None or getattr(coroutine, "cr_running", False):
                return frames
            return _suspended(coroutine) + frames[place:]
        if name == "_run" or module.partition(".")[0] not in {*sys.stdlib_module_names, "gevent"}:
            return frames  # a task of the loop runs, or there is no loop
    return frames


def _suspended(waits: Any) -> list[FrameType]:
    """The frames of a coroutine that waits, the newest first."""
    found = list[FrameType]()
    while waits is not None and len(found) < _DEEPEST:
        kind = next((k for k in ("cr", "gi", "ag") if hasattr(waits, f"{k}_frame")), "")
        if (frame := getattr(waits, f"{kind}_frame", None)) is not None:
            found.append(frame)
        waits = getattr(waits, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
    return found[::-1]


def described(stack: Sequence[At], redaction: Redaction) -> list[StackFrame]:
    """The newest frames as they are kept; those of Celery and of this library are folded."""
    frames = list[StackFrame]()
    for at in stack[:MOST]:
        file = redaction.value("message", at.shown)[-LONGEST_NAME:]
        frame = StackFrame(file, at.line, at.function[-LONGEST_NAME:])
        if at.module.partition(".")[0] in _FOLDED:
            frame.folded = True
        elif code := getline(at.file, at.line)[:_READ].strip():
            masked = MASK if redaction.hides(code) else redaction.value("message", code)
            frame.code = masked[:LONGEST_CODE]
        frames.append(frame)
    return frames
