"""The content of a file, read again after a change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Final, Generic, TypeVar

from .errors import SettingsError

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Sized)
#: Seconds between two looks at a file.
LOOK_S: Final = 1.0


def version_of(path: Path | None) -> tuple[int, ...] | None:
    """What differs after each change of a file: its time of change, its size, its inode; None
    without one."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


class Reread(Generic[T]):
    """The parsed content of a file, or of no file; a call returns it, and reads a changed file
    again."""

    def __init__(
        self,
        path: Path | None,
        read: Callable[[], T],
        what: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads it for the first time.

        Args:
            path: the file; None: nothing changes.
            read: reads it; raises `SettingsError` where it cannot be used.
            what: what it has, in the log.
            clock: seconds.

        Raises:
            SettingsError: it cannot be used.
        """
        self._path = path
        self._read = read
        self._what = what
        self._clock = clock
        self._looked = clock()
        self._version = version_of(path)
        self._known = read()

    def __call__(self) -> T:
        """The file's content, or the previous content if the new one is unusable: a file that is
        being saved is no reason to close every socket."""
        now = self._clock()
        if self._path is None or now - self._looked < LOOK_S:
            return self._known
        self._looked = now
        if (version := version_of(self._path)) != self._version:
            self._version = version
            try:
                self._known = self._read()
            except SettingsError as error:
                logger.error("%s; the %s of before stay valid", error, self._what)
            else:
                logger.info("Read %s again: %d %s", self._path, len(self._known), self._what)
        return self._known
