"""The Japanese README says what the English one says: same code, sections, tables and links."""

from __future__ import annotations

import re

from tests.docs.reading import blocks, links, text_of

PAIR = ("README.md", "README.ja.md")


def test_the_code_is_the_same() -> None:
    def code(document: str) -> list[str]:
        # A shell's comments are for the reader, in the reader's language.
        return [re.sub(r"  +#.*", "", block.text) for block in blocks(document)]

    english, japanese = map(code, PAIR)
    assert japanese == english


def test_the_shape_is_the_same() -> None:
    def shape(document: str) -> list[str]:
        """Headings, list items and table rows in order, without their words."""
        prose = re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
        return re.findall(r"^(?:#+ |\| |- |\d\. |<!-- \w+ [\w-]+)", prose, re.MULTILINE)

    english, japanese = map(shape, PAIR)
    assert japanese == english


def test_the_links_are_the_same() -> None:
    def targets(document: str) -> set[str]:
        return {link.replace(".ja.md", ".md") for link in links(document)} - {"README.md"}

    english, japanese = map(targets, PAIR)
    assert japanese == english


def test_the_names_in_code_are_the_same() -> None:
    def names(document: str) -> set[str]:
        prose = re.sub(r"^```.*?^```$", "", text_of(document), flags=re.MULTILINE | re.DOTALL)
        prose = re.sub(r"<!-- begin ([\w-]+) -->.*?<!-- end \1 -->", "", prose, flags=re.DOTALL)
        return {name for name in re.findall(r"`([^`]+)`", prose) if name.isascii()}

    english, japanese = map(names, PAIR)
    # What the Japanese sentences repeat, or say beside the block of code.
    assert english - japanese == set()
    assert japanese - english <= {"make demo", "make run"}
