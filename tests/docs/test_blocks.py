"""What holds for all documents: printed blocks, links, names, and nothing of one machine."""

from __future__ import annotations

import re
import tomllib

import pytest

from docs.make_blocks import BLOCKS, language, renewed
from progress_backend.settings import Settings
from tests.docs.reading import anchors, blocks, documents, links, make_targets, resolved, text_of
from tests.servers import ROOT

pytestmark = pytest.mark.parametrize("document", documents())
#: Followed by a test of their own, block by block; the testing plugin's page by the plugin's tests.
FOLLOWED = {
    "docs/testing.md": "tests/testing",
    "README.md": "tests/docs/test_readme.py",
    "README.ja.md": "tests/docs/test_readme_ja.py",
    "docs/quick-start.md": "tests/docs/test_quick_start.py",
    "docs/operations.md": "tests/docs/test_operations.py",
    "docs/coming-from.md": "tests/docs/test_coming_from.py",
}


def test_its_printed_blocks_are_up_to_date(document: str) -> None:
    text = text_of(document)
    begun = re.findall(r"<!-- begin ([\w-]+) -->", text)
    assert set(begun) <= set(BLOCKS)
    assert begun == re.findall(r"<!-- end ([\w-]+) -->", text)
    assert renewed(text, language(ROOT / document)) == text, "run: python -m docs.make_blocks"


def test_its_links_lead_somewhere(document: str) -> None:
    for link in links(document):
        if link.startswith(("http://", "https://")):
            continue
        path, anchor = resolved(document, link)
        assert path.exists(), link
        if anchor:
            assert anchor in anchors(str(path.relative_to(ROOT))), link


def test_it_names_no_machine_and_no_registry(document: str) -> None:
    text = text_of(document)
    assert not re.search(r"(?<![\w.{}])/(work|root|home|tmp|Users)/", text)
    assert not re.search(
        r"pypi|--index-url|--extra-index|find-links|registry\.", text, re.IGNORECASE
    )
    hosts = set(re.findall(r"(?:https?|wss?|redis|sentinel)://([\w.-]+)", text))
    # Addresses of one's own, of examples, and of the two conventions that the changelog names.
    known = {"127.0.0.1", "localhost", "keepachangelog.com", "semver.org"}
    assert {host for host in hosts if "." in host} - known <= {h for h in hosts if "example" in h}


def test_its_variables_and_extras_exist(document: str) -> None:
    text = text_of(document)
    known = {f"PROGRESS_{name.upper()}" for name in Settings.__dataclass_fields__}
    assert set(re.findall(r"\bPROGRESS_[A-Z]+(?:_[A-Z]+)*\b", text)) - known <= {
        name for name in re.findall(r"\bPROGRESS_[A-Z_]+\b", _sources()) if name not in known
    }
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    named = re.findall(r"(?:progress-backend|')?\.?\[([a-z]+)\]'", text)
    assert set(named) <= set(extras)


def test_what_it_makes_can_be_made(document: str) -> None:
    text = text_of(document)
    named = re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)
    assert set(named) <= make_targets()


def test_its_code_is_followed_by_a_test(document: str) -> None:
    code = blocks(document, language="python") + blocks(document, language="sh")
    if not code or document == "CONTRIBUTING.md":
        return
    assert document in FOLLOWED, document
    assert (ROOT / FOLLOWED[document]).exists()
    for block in blocks(document, language="python"):
        compile(block.text, str(block), "exec")
        if FOLLOWED[document].startswith("tests/docs/"):
            assert block.file is not None, f"{block}: its first line must name its file"


def _sources() -> str:
    folders = (ROOT / name for name in ("progress_backend", "api", "workers", "tests"))
    return "\n".join(p.read_text(encoding="utf-8") for f in folders for p in f.rglob("*.py"))
