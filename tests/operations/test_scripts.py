"""The scripts are the files of their folder, and know nothing of what a record says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from progress_backend.operations import scripts
from progress_backend.operations.scripts import SCRIPTS, script
from progress_backend.record.model import STATUSES

FOLDER = Path(scripts.__file__).parent
#: Without what they share: that has no caller of its own.
FILES = sorted(path for path in FOLDER.glob("*.lua") if not path.name.startswith("_"))


def test_a_script_gets_its_keys_and_arguments_by_name() -> None:
    verb, sha, *rest = script("forget", {"held": "h", "leases": "l"}, {"before": 5, "lease": "one"})
    assert (verb, sha) == ("EVALSHA", SCRIPTS["forget"].sha)
    assert rest == [2, "l", "h", "one", 5]
    named = "local leases, held, lease, before = KEYS[1], KEYS[2], ARGV[1], ARGV[2]"
    assert named in SCRIPTS["forget"].text
    with pytest.raises(TypeError, match=r"forget\.lua takes"):
        script("forget", {"held": "h", "leases": "l"}, {"lease": "one"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_records_are_opaque_to_it(path: Path) -> None:
    _, _, code = path.read_text(encoding="utf-8").partition("\n]]\n")
    assert code
    assert "cjson" not in code
    assert not [status for status in STATUSES if re.search(rf"['\"]{status}['\"]", code)]
