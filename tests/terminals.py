"""A process in a terminal of its own (a pty), as a person would run it."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from progress_backend.embedded import die_with_parent
from tests.servers import LOG_TAIL
from tests.waiting import eventually


class Terminal:
    """Runs a command in a terminal of this size; what it writes is kept."""

    def __init__(
        self,
        args: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int,
        lines: int,
        cwd: Path | None = None,
    ) -> None:
        self._ours, theirs = pty.openpty()
        self.resize(columns, lines)
        self.written = ""
        # A read may end within a character.
        self._decoded = codecs.getincrementaldecoder("utf-8")("replace").decode
        die = die_with_parent()

        def prepare() -> None:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
            if die is not None:
                die()

        self._process = subprocess.Popen(
            args,
            cwd=cwd,
            # The tests' own size may be another.
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": "", **env},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - the child only asks the kernel
        )
        os.close(theirs)

    @property
    def pid(self) -> int:
        return self._process.pid

    def resize(self, columns: int, lines: int) -> None:
        """Give it this size; the process gets SIGWINCH."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def write(self, keys: bytes) -> None:
        """Type."""
        os.write(self._ours, keys)

    def wait_for(self, pattern: str, timeout: float = 60.0) -> None:
        """Wait until a line that was written, without its colours, matches the pattern."""

        def found() -> bool:
            self._read()
            return (
                re.search(pattern, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.written)) is not None
            )

        try:
            eventually(found, timeout, what=f"{pattern!r} on the screen")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.written[-LOG_TAIL:]}") from None

    def reads_keys(self) -> bool:
        """Whether keys are handed on one by one and not shown, in place of whole lines."""
        modes = termios.tcgetattr(self._ours)[3]
        return not modes & (termios.ICANON | termios.ECHO)

    def forget(self) -> None:
        """Forget what was written so far: what is waited for is written after this."""
        self._read()
        self.written = ""

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    def wait(self, timeout: float = 60.0) -> int:
        """Wait for its end; the exit code."""

        def ended() -> bool:
            self._read()
            return self._process.poll() is not None

        eventually(ended, timeout, what=f"the end of {self._process.args!r}")
        self._read()
        return self._process.wait()

    def close(self) -> None:
        """Close the window: what runs in it has no terminal any more."""
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1

    def _read(self) -> None:
        """Take what there is; a full terminal would stop the process."""
        while select.select([self._ours], [], [], 0)[0]:
            try:
                self.written += self._decoded(os.read(self._ours, 65_536))
            except OSError:  # Linux's way to say that the other end is closed
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self.close()
