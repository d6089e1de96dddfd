"""The Japanese page of a pair says what the English one says: code, sections, tables and links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.reading import anchors_in_order, blocks, links, resolved, text_of
from tests.servers import ROOT

PAIRS = (
    ("README.md", "README.ja.md"),
    ("docs/element.md", "docs/element.ja.md"),
    ("docs/quick-start.md", "docs/quick-start.ja.md"),
    ("docs/security.md", "docs/security.ja.md"),
)
#: Languages whose comments are for the reader, in the reader's language.
COMMENTED = ("sh",)
#: What the Japanese sentences say besides.
BESIDES = {"README.md": {"make demo", "make run"}}
pytestmark = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0])
Pair = tuple[str, str]


def prose(document: str) -> str:
    """The document without its blocks of code and without what is printed."""
    text = re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"<!-- begin ([\w-]+) -->.*?<!-- end \1 -->", r"<!-- \1", text, flags=re.DOTALL)


def test_the_code_is_the_same(pair: Pair) -> None:
    def code(document: str) -> list[str]:
        return [
            re.sub(r"  +#.*", "", block.text) if block.language in COMMENTED else block.text
            for block in blocks(document)
        ]

    english, japanese = map(code, pair)
    assert japanese == english


def test_the_shape_is_the_same(pair: Pair) -> None:
    def shape(document: str) -> list[str]:
        """Headings, list items, table rows and printed blocks in order, without their words."""
        return re.findall(r"^(?:#+ |\| |- |\d\. |<!-- [\w-]+)", prose(document), re.MULTILINE)

    english, japanese = map(shape, pair)
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


def test_the_names_in_code_are_the_same(pair: Pair) -> None:
    def names(document: str) -> set[str]:
        found = (" ".join(name.split()) for name in re.findall(r"`([^`]+)`", prose(document)))
        return {name for name in found if name.isascii()}

    english, japanese = map(names, pair)
    assert english - japanese == set()
    assert japanese - english <= BESIDES.get(pair[0], set())


def test_each_leads_to_the_other(pair: Pair) -> None:
    english, japanese = pair
    assert Path(english).name in links(japanese)
    assert Path(japanese).name in links(english)
