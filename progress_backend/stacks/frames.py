"""The stack of a running job, taken by another thread of its process: files, functions and lines of
code, and neither locals nor arguments."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from types import FrameType
from typing import Any, Final, NamedTuple

from ..record.redaction import Redaction

#: Frames that are kept, the newest; the longest name and line of code in characters, and how much
#: of a longer line is read.
MOST, LONGEST_NAME, LONGEST_CODE, _READ = 40, 80, 120, 2_000
#: Age in seconds from which a run that has never written may hang; and the shortest hard time limit
#: before which a stack is taken.
HANGS_S, LIMITED_S = 5.0, 3.0
#: Frames that are looked at; a recursion may have thousands.
_DEEPEST: Final = 2_000
_OURS: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PYTHON: Final = os.path.dirname(os.path.abspath(os.__file__))
_PACKAGES: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_CELERYS: Final = frozenset({"celery", "kombu", "billiard", "amqp", "vine"})
#: Celery's module that calls a task's body; and asyncio's functions that run a task until its end,
#: with the local that has it.
_TRACE: Final = os.path.join("celery", "app", "trace.py")
_RUNNERS: Final = {"run_until_complete": "future", "run": "task"}


class At(NamedTuple):
    """A frame of a stack as it was at a moment."""

    file: str
    line: int
    function: str

    @property
    def own(self) -> bool:
        """Whether it is the application's own code: no package's, Python's or this library's."""
        return not self.file.startswith(("<", f"{_OURS}{os.sep}")) and not _is_pythons(self.file)


@dataclass(slots=True)
class Place:
    """Where a job is executed: a thread, or a greenlet; and what its stack was taken for."""

    thread: int = field(default_factory=threading.get_ident)
    greenlet: weakref.ref[Any] | None = None
    #: Monotonic times: when it began, when a hard time limit ends it, and when it was cancelled.
    began: float = field(default_factory=time.monotonic)
    limit_at: float | None = None
    cancelled_at: float | None = None
    #: The causes for which its stack was taken, each with what tells it from a later one.
    handled: set[Any] = field(default_factory=set)


def here() -> Place:
    """The place of the caller."""
    greenlets = sys.modules.get("greenlet")
    current = None if greenlets is None else greenlets.getcurrent()
    if current is None or current.parent is None:  # the thread's own
        return Place()
    return Place(greenlet=weakref.ref(current))


def stack_of(place: Place) -> list[At]:
    """The stack of a place, the newest frame first; empty where nothing runs there."""
    if place.greenlet is None:
        newest = sys._current_frames().get(place.thread)
    else:
        newest = getattr(place.greenlet(), "gr_frame", None)
    frames = [(frame.f_code, frame.f_lineno) for frame in _with_task([*_outwards(newest)])]
    return [At(code.co_filename, line or 0, code.co_qualname) for code, line in frames]


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    for _ in range(_DEEPEST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def _with_task(frames: list[FrameType]) -> list[FrameType]:
    """A thread's frames; where an event loop waits in it, with those of the task that it runs until
    its end in the place of the loop's own."""
    for place, frame in enumerate(frames):
        name, file = frame.f_code.co_name, frame.f_code.co_filename
        if os.path.dirname(file) == os.path.dirname(asyncio.__file__) and name in _RUNNERS:
            task = frame.f_locals.get(_RUNNERS[name])
            waits = isinstance(task, asyncio.Task) and not getattr(task.get_coro(), "cr_running", 0)
            return _suspended(task) + frames[place:] if waits else frames
        if name == "_run" or not _is_pythons(file):
            return frames  # a task of the loop runs, or there is no loop
    return frames


def _suspended(task: Any) -> list[FrameType]:
    """The frames of a task that waits, the newest first."""
    found, waits = list[FrameType](), task.get_coro()
    while waits is not None and len(found) < _DEEPEST:
        kind = next((k for k in ("cr", "gi", "ag") if hasattr(waits, f"{k}_frame")), "")
        if (frame := getattr(waits, f"{kind}_frame", None)) is not None:
            found.append(frame)
        waits = getattr(waits, "gi_yieldfrom" if kind == "gi" else f"{kind}_await", None)
    return found[::-1]


def described(stack: Sequence[At], redaction: Redaction) -> list[dict[str, Any]]:
    """The newest frames as they are kept. Folded are those of Celery and of this library, and what
    the worker's process was in when it called the first task."""
    called = [place for place, at in enumerate(stack) if at.file.endswith(_TRACE)]
    frames = list[dict[str, Any]]()
    for place, at in enumerate(stack[:MOST]):
        file = _shown(at.file)
        ours = file.split(os.sep)[0] in _CELERYS or at.file.startswith(f"{_OURS}{os.sep}")
        masked = redaction.value("message", file)[-LONGEST_NAME:]
        frame = {"file": masked, "line": at.line, "function": at.function[-LONGEST_NAME:]}
        if ours or (called and place > called[-1]):
            frame["folded"] = True
        elif code := redaction.value("message", _code(at)):
            frame["code"] = code[:LONGEST_CODE]
        frames.append(frame)
    return frames


def _code(at: At) -> str:
    """The text of a frame's line; "" where there is no file."""
    try:
        with open(at.file, "rb") as file:
            line = next(islice(file, max(at.line - 1, 0), None), b"")
    except (OSError, ValueError):
        return ""
    return line[:_READ].decode(errors="replace").strip()


@lru_cache(512)
def _is_pythons(file: str) -> bool:
    """Whether a file is of Python or of a package."""
    return file.startswith(f"{_PYTHON}{os.sep}") or any(one in file for one in _PACKAGES)


@lru_cache(512)
def _shown(file: str) -> str:
    """A file as it is shown: below its package's folder, or that from which it is imported."""
    for packages in _PACKAGES:
        if packages in file:
            return file.rpartition(packages)[2]
    roots = sorted({os.getcwd(), _PYTHON, *map(os.path.abspath, sys.path)}, key=len, reverse=True)
    below = (file[len(root) + 1 :] for root in roots if file.startswith(f"{root}{os.sep}"))
    return next(below, os.path.basename(file))
