"""What a file's version differs by."""

import os
from pathlib import Path

from progress_backend.credentials.file_version import version_of


def test_each_change_makes_another_version(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    versions = [version_of(None), version_of(file)]
    file.write_text("a")
    versions.append(version_of(file))
    file.write_text("ab")
    versions.append(version_of(file))
    written = file.stat()
    other = tmp_path / "other"
    other.write_text("cd")
    os.utime(other, ns=(written.st_atime_ns, written.st_mtime_ns))
    other.replace(file)  # as editors save
    versions.append(version_of(file))
    assert versions[:2] == [None, None]
    assert len(set(versions)) == 4
    assert version_of(file) == versions[-1]
