"""The scripts are the files of their folder, and know nothing of what a record says."""

import re
from pathlib import Path

import pytest

from progress_backend.operations import scripts
from progress_backend.operations.scripts import PARTS, SCRIPTS, script
from progress_backend.record.model import STATUSES

FOLDER = Path(scripts.__file__).parent
#: Without what they share: that has no caller of its own.
FILES = sorted(path for path in FOLDER.rglob("*.lua") if not path.name.startswith("_"))


def test_a_script_gets_its_keys_and_arguments_by_name() -> None:
    keys = {"held": "h", "leases": "l", "slots": "s"}
    verb, sha, *rest = script("forget", keys, {"before": 5, "lease": "one"})
    assert (verb, sha) == ("EVALSHA", SCRIPTS["forget"].sha)
    assert rest == [3, "l", "h", "s", "one", 5]
    named = "local leases, held, slots, lease, before = KEYS[1], KEYS[2], KEYS[3], ARGV[1], ARGV[2]"
    assert named in SCRIPTS["forget"].text
    with pytest.raises(TypeError, match=r"takes \('leases'"):
        script("forget", keys, {"lease": "one"})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_records_are_opaque_to_it(path: Path) -> None:
    _, _, code = path.read_text(encoding="utf-8").partition("\n]]\n")
    assert code
    assert "cjson" not in code
    assert not [status for status in STATUSES if re.search(rf"['\"]{status}['\"]", code)]


@pytest.mark.parametrize("name", PARTS)
def test_a_part_names_what_it_needs_beyond_any_commit(name: str) -> None:
    """Where the user may not do that, the part is left out: no part ends in its midst."""
    verbs = {r"\.?p?call\('([A-Z]+)'", r"tolerant\('([A-Z]+)'", r"  '([A-Z]+)'"}
    head, _, code = PARTS[name].text.partition("\n]]\n")
    used, always = (
        {verb for pattern in verbs for verb in re.findall(pattern, text)}
        for text in (code, SCRIPTS["commit"].text)
    )
    needs = set(re.findall(r"^  '([A-Z]+)'", head, re.MULTILINE))
    assert used - needs == used & (always | {"PUBLISH"})
