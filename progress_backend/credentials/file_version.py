"""The content of a file, read again after a change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sized
from pathlib import Path
from typing import Final, Generic, TypeVar

from ..errors import SettingsError

logger = logging.getLogger(__name__)

T = TypeVar("T", bound=Sized)
#: Seconds between two looks at a file; and for how long one without a byte counts as being saved.
LOOK_S: Final = 1.0
EMPTY_S: Final = 5.0


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
        #: When the file was first found without a byte, and why it could not be read; None: it is
        #: not so.
        self._empty: float | None = None
        self._failed: str | None = None
        self._version = version_of(path)
        self._known = read()

    def __call__(self) -> T:
        """The file's content, or the previous content if the new one is unusable: a file that is
        being saved is no reason to close every socket."""
        now = self._clock()
        if self._path is None or now - self._looked < LOOK_S:
            return self._known
        self._looked = now
        version = version_of(self._path)
        if version is None or version[1]:
            self._empty = None
        elif self._empty is None:
            self._empty = now
        if version is not None and version == self._version:
            self._failed = None
        elif self._empty is None or now - self._empty >= EMPTY_S:
            self._take(version)
        return self._known

    @property
    def fault(self) -> str | None:
        """Why the content is not the file's, without its path; None: it is."""
        self()
        what = self._what
        return (
            self._failed and f"the file of {what} cannot be read: the {what} of before stay valid"
        )

    def _take(self, version: tuple[int, ...] | None) -> None:
        """Reads the file. Only then is its version known: a read that fails is tried again."""
        try:
            self._known = self._read()
        except SettingsError as error:
            if str(error) != self._failed:
                logger.error("%s; the %s of before stay valid", error, self._what)
            self._failed = str(error)
        else:
            self._version, self._failed = version, None
            logger.info("Read %s again: %d %s", self._path, len(self._known), self._what)
