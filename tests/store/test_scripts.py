"""The scripts are the files of their folder, and know nothing of what a record says."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from progress_backend.record.model import STATUSES
from progress_backend.store import scripts

FOLDER = Path(scripts.__file__).parent
#: Without what they share: that has no caller of its own.
FILES = sorted(path for path in FOLDER.glob("*.lua") if not path.name.startswith("_"))


def script_of(path: Path) -> scripts.Script:
    """The script that ends with the file."""
    (found,) = [s for s in scripts.ALL if s.text.endswith(path.read_text("utf-8"))]
    return found


def test_every_file_is_a_script() -> None:
    assert {script_of(path) for path in FILES} == set(scripts.ALL)
    for script in scripts.ALL:
        assert script.sha == hashlib.sha1(script.text.encode()).hexdigest()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_records_are_opaque_to_it(path: Path) -> None:
    _, _, code = path.read_text(encoding="utf-8").partition("\n]]\n")
    assert code
    assert "cjson" not in code
    assert not [status for status in STATUSES if re.search(rf"['\"]{status}['\"]", code)]
