"""The Japanese page of a pair says what the English one says: code, sections, tables and links."""

import re

import pytest

from tests.docs.reading import anchors_in_order, blocks, links, resolved
from tests.servers import ROOT

PAIRS = (
    ("README.md", "README.ja.md"),
    ("docs/element.md", "docs/element.ja.md"),
    ("docs/quick-start.md", "docs/quick-start.ja.md"),
    ("docs/frameworks.md", "docs/frameworks.ja.md"),
    ("docs/page.md", "docs/page.ja.md"),
    ("docs/security.md", "docs/security.ja.md"),
    ("docs/differences.md", "docs/differences.ja.md"),
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
