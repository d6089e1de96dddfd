"""The Japanese page of a pair says what the English one says: code, sections, tables and links."""

import re

import pytest

from tests.docs.reading import FENCE, anchors_in_order, blocks, links, resolved, text_of
from tests.servers import ROOT

PAIRS = (
    ("README.md", "README.ja.md"),
    ("docs/element.md", "docs/element.ja.md"),
    ("docs/quick-start.md", "docs/quick-start.ja.md"),
    ("docs/frameworks.md", "docs/frameworks.ja.md"),
    ("docs/page.md", "docs/page.ja.md"),
    ("docs/security.md", "docs/security.ja.md"),
    ("docs/differences.md", "docs/differences.ja.md"),
    ("docs/statuses.md", "docs/statuses.ja.md"),
    ("docs/glossary.md", "docs/glossary.ja.md"),
)
#: Languages with comments that are for the reader, in the reader's language.
COMMENTED = ("sh",)
pytestmark = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
Pair = tuple[str, str]


def test_the_code_is_the_same(pair: Pair) -> None:
    def code(document: str) -> list[str]:
        return [
            re.sub(r"  +#.*", "", block.text) if block.language in COMMENTED else block.text
            for block in blocks(document)
        ]

    english, japanese = map(code, pair)
    assert japanese == english


def test_the_links_are_the_same(pair: Pair) -> None:
    """In the Japanese page those to a page that has a twin lead to it."""

    def targets(document: str) -> set[str]:
        return {target(document, link) for link in links(document)} - {pair[0]}

    english, japanese = map(targets, pair)
    assert japanese == english
    for link in links(pair[1]):
        path, _ = resolved(pair[1], link)
        twin = path.with_name(f"{path.stem}.ja.md")
        assert path == ROOT / pair[0] or not twin.exists(), f"{link} has a Japanese page"


def test_the_headings_and_warnings_are_the_same(pair: Pair) -> None:
    """Headings by their levels, warnings by what is in bold and by the settings that are named."""

    def sections(document: str) -> list[tuple[str, int]]:
        parts = re.split(r"^(#+) .*$", FENCE.sub("", text_of(document)), flags=re.MULTILINE)
        return [(one, text.count("**")) for one, text in zip(parts[1::2], parts[2::2], strict=True)]

    english, japanese = map(sections, pair)
    assert [level for level, _ in japanese] == [level for level, _ in english]
    assert all(there >= here for (_, here), (_, there) in zip(english, japanese, strict=True))
    named, also = (set(re.findall(r"PROGRESS_[A-Z_]+", text_of(document))) for document in pair)
    assert named <= also


def target(document: str, link: str) -> str:
    """The English page, from the project's root, and, of a page of these pairs, the English name of
    the section in it."""
    if link.startswith(("http://", "https://")):
        return link
    path, anchor = resolved(document, link)
    page = str(path.relative_to(ROOT))
    english = page.replace(".ja.md", ".md")
    if anchor and (english, page) in PAIRS:
        anchor = anchors_in_order(english)[anchors_in_order(page).index(anchor)]
    return f"{english}#{anchor}" if anchor else english
