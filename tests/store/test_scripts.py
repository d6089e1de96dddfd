"""The header of each script names the keys and arguments that its code uses."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from progress_backend.record.model import STATUSES
from progress_backend.store import scripts

FOLDER = Path(scripts.__file__).parent
#: Without what they share: that has no caller of its own.
FILES = sorted(path for path in FOLDER.glob("*.lua") if not path.name.startswith("_"))


class Header(NamedTuple):
    purpose: str
    sections: dict[str, list[str]]
    code: str

    def count(self, section: str) -> tuple[int, bool]:
        """How many values are named one by one, and whether more may follow."""
        numbers = [m[1] for line in self.sections[section] if (m := re.match(r" *(\d+) ", line))]
        assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
        more = [line for line in self.sections[section] if re.match(r" *\d+ …", line)]
        return len(numbers) - len(more), bool(more)


def header_of(path: Path) -> Header:
    found = re.fullmatch(r"--\[\[\n(.*?)\n\]\]\n(.*)", path.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{path.name} does not open with its header"
    purpose, *parts = re.split(r"^(KEYS|ARGV|Returns|Publishes)\n", found[1], flags=re.MULTILINE)
    sections = {name: text.splitlines() for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return Header(purpose.strip(), sections, found[2])


def script_of(path: Path) -> scripts.Script:
    """The script that ends with the file."""
    (found,) = [s for s in scripts.ALL if s.text.endswith(path.read_text("utf-8"))]
    return found


scripts_by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_every_file_is_a_script() -> None:
    assert {script_of(path) for path in FILES} == set(scripts.ALL)
    for script in scripts.ALL:
        assert script.sha == hashlib.sha1(script.text.encode()).hexdigest()


@scripts_by_file
def test_the_header_has_its_five_parts(path: Path) -> None:
    header = header_of(path)
    assert header.purpose
    assert list(header.sections) == ["KEYS", "ARGV", "Returns", "Publishes"]
    assert all(any(map(str.strip, lines)) for lines in header.sections.values())


@scripts_by_file
def test_the_code_uses_what_the_header_names(path: Path) -> None:
    header = header_of(path)
    for section in ("KEYS", "ARGV"):
        named, more = header.count(section)
        used = {int(n) for n in re.findall(rf"{section}\[(\d+)\]", header.code)}
        assert used == set(range(1, named + 1)), section
        assert more == bool(re.search(rf"{section}\[(?!\d+\])|#{section}", header.code)), section


@scripts_by_file
def test_the_header_says_whether_it_publishes(path: Path) -> None:
    header = header_of(path)
    silent = " ".join(header.sections["Publishes"]).strip() == "nothing"
    assert silent == ("publish" not in header.code.lower())


@scripts_by_file
def test_records_are_opaque_to_it(path: Path) -> None:
    code = header_of(path).code
    assert "cjson" not in code
    assert not [status for status in STATUSES if re.search(rf"['\"]{status}['\"]", code)]
