"""The processes of a run: started into one guarded group, watched, and ended together."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from progress_backend.embedded import die_with_parent

from . import launch_guard

#: Lines of a log that are shown when its process failed.
TAIL_LINES: Final = 15
#: Seconds for running jobs to end after the worker got SIGTERM.
ORDERLY_S: Final = 5.0
_POLL_S: Final = 0.1
#: Bytes of a log that are read.
_LOOKED_AT: Final = 64 * 1024


class LaunchError(Exception):
    """The run cannot go on; the message has the reason."""


@dataclass(slots=True)
class Child:
    """One process of the run."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    #: Whether it does its work; asked again until it says so once.
    ready: Callable[[Child], bool]
    #: Starts it again where somebody has killed it; None: the run ends with it.
    again: Callable[[], subprocess.Popen[bytes]] | None = None
    is_ready: bool = False

    def said(self, pattern: str) -> re.Match[str] | None:
        """The first match in the beginning of its log."""
        return re.search(pattern, self._read(last=False), re.MULTILINE)

    def tail(self) -> str:
        """The last lines of its log."""
        lines = [line for line in self._read(last=True).splitlines() if line.strip()]
        return "\n".join(f"  | {line}" for line in lines[-TAIL_LINES:])

    def _read(self, *, last: bool) -> str:
        """The first or the last bytes of its log, in whole characters."""
        try:
            with self.log.open("rb") as log:
                if last:
                    log.seek(max(self.log.stat().st_size - _LOOKED_AT, 0))
                return log.read(_LOOKED_AT).decode(errors="replace")
        except FileNotFoundError:  # the log was deleted; the process may be healthy
            return ""


class Fleet:
    """The run's processes, which a guard process ends however this process ends."""

    def __init__(self, folder: Path, cwd: Path, *, orderly_s: float = ORDERLY_S) -> None:
        """`folder` takes a log a process; `cwd` is where they start."""
        self._orderly_s = orderly_s
        self._folder = folder
        self._cwd = cwd
        self._children: list[Child] = []
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        # Its group is not the terminal's: Ctrl-C reaches this process alone, which ends the others
        # in order.
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", launch_guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        return self

    def start(
        self, name: str, args: Sequence[str], ready: Callable[[Child], bool], *, again: bool = False
    ) -> Child:
        """Starts `python ARGS` with this process's environment; see `wait_ready`. `again`: `check`
        starts it again if it was killed after it was ready."""
        path = self._folder / f"{name}.log"
        path.write_bytes(b"")
        start = partial(self._started, path, args)
        child = Child(name, path, start(), ready, start if again else None)
        self._children.append(child)
        return child

    def _started(self, path: Path, args: Sequence[str]) -> subprocess.Popen[bytes]:
        assert self._guard is not None, "enter the fleet first"
        with path.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, *args],
                cwd=self._cwd,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=self._guard.pid,
                # Should the guard be killed too, the kernel still ends the child itself.
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - the child only calls prctl
            )

    def wait_ready(self, timeout_s: float) -> None:
        """Waits until all that were started are ready.

        Raises:
            LaunchError: one ended, or is not ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            self.check()
            for child in self._children:
                child.is_ready = child.is_ready or child.ready(child)
            waiting = [child for child in self._children if not child.is_ready]
            if not waiting:
                return
            if time.monotonic() > deadline:
                first = waiting[0]
                names = ", ".join(child.name for child in waiting)
                raise LaunchError(
                    f"not ready after {timeout_s:g} s: {names}; "
                    f"the last lines of {first.log}:\n{first.tail()}"
                )
            time.sleep(_POLL_S)

    def check(self) -> list[str]:
        """Checks that all processes still run; the names of those that were killed and are started
        again.

        Raises:
            LaunchError: one has ended; the message has its exit code and its last output.
        """
        started = []
        for child in self._children:
            code = child.process.poll()
            if code == -signal.SIGKILL and child.is_ready and child.again is not None:
                child.process = child.again()
                started.append(child.name)
            elif code is not None:
                raise LaunchError(
                    f"{child.name} {_how(code)}; the last lines of {child.log}:\n{child.tail()}"
                )
        if self._guard is not None and self._guard.poll() is not None:
            raise LaunchError(f"the guard of the processes {_how(self._guard.returncode)}")
        return started

    def _stop(self) -> None:
        """Sends SIGTERM to all but the first process, on which the others depend, and waits."""
        for child in self._children[1:]:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._orderly_s
        while time.monotonic() < deadline:
            left = [child for child in self._children[1:] if child.process.poll() is None]
            if not left:
                return
            time.sleep(_POLL_S)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._stop()
        finally:  # a second Ctrl-C ends the patience, not the ending
            self._end()

    def _end(self) -> None:
        """Has the guard end whatever is left, and waits until it is gone."""
        guard, self._guard = self._guard, None
        assert guard is not None
        assert guard.stdin is not None
        assert guard.stdout is not None
        guard.stdin.close()
        deadline = time.monotonic() + launch_guard.GRACE_S + 2
        gone = False
        while not gone and time.monotonic() < deadline:
            for child in self._children:
                child.process.poll()
            guard.poll()
            # Nothing is ever written to it: it is readable when the last of the guard is gone.
            gone = bool(select.select([guard.stdout], [], [], _POLL_S)[0])
        guard.stdout.close()
        for child in self._children:
            if child.process.poll() is None:
                child.process.kill()
            child.process.wait()
        guard.wait()


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
