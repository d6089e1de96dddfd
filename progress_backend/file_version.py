"""Version of a file, by which a process sees that somebody has changed it."""

from __future__ import annotations

from pathlib import Path

#: None: there is no file.
FileVersion = tuple[int, ...] | None


def version_of(path: Path | None) -> FileVersion:
    """What differs after each change of a file: its time of change, its size, its inode."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
