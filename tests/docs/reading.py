"""Reads the documents: their code blocks, headings and links."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from docs.make_blocks import filled
from tests.servers import ROOT

FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
#: Programs that readers of the documents are to call.
PROGRAMS = ("pip", "progress-backend", "celery", "uvicorn", "flask", "python", "pytest", "curl")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the heading that it stands under."""

    document: str
    line: int
    section: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name that the first line's comment gives the file: `# shop/tasks.py`, or as Django's
        templates have it."""
        named = re.match(r"\{?# ([\w/]+\.\w+)(?: #\})?\n", self.text)
        return named[1] if named else None


def text_of(document: str) -> str:
    """A document, named from the project's root."""
    return (ROOT / document).read_text(encoding="utf-8")


@functools.cache
def filled_text_of(document: str) -> str:
    """The same with its printed parts."""
    return filled(text_of(document))


def documents() -> list[str]:
    """Every document, from the project's root."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(str(path.relative_to(ROOT)) for path in found)


def blocks(document: str, section: str | None = None, language: str | None = None) -> list[Block]:
    """The document's fenced blocks in order, of one section or language if one is given."""
    text = text_of(document)
    found = []
    for match in FENCE.finditer(text):
        before = text[: match.start()]
        headings = _HEADING.findall(FENCE.sub("", before))
        under = headings[-1] if headings else ""
        found.append(Block(document, before.count("\n") + 1, under, match[1], match[2]))
    return [
        block
        for block in found
        if section in (None, block.section) and language in (None, block.language)
    ]


def make_targets() -> set[str]:
    """What the Makefile can make."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def anchors_in_order(document: str) -> list[str]:
    """What links can point at within a document, as GitHub makes it of headings."""
    prose = FENCE.sub("", filled_text_of(document))
    return [
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(prose)
    ]


def anchors(document: str) -> set[str]:
    """The same without an order."""
    return set(anchors_in_order(document))


def links(document: str) -> list[str]:
    """The targets of the document's links."""
    prose = FENCE.sub("", text_of(document))
    return re.findall(r"\]\(([^)\s]+)\)", prose)


def resolved(document: str, link: str) -> tuple[Path, str]:
    """A relative link's file, and its anchor."""
    target, _, anchor = link.partition("#")
    here = ROOT / document
    return ((here.parent / target).resolve() if target else here), anchor


def commands_in_prose(document: str) -> list[str]:
    """What stands in a sentence as code and begins with a program's name."""
    prose = FENCE.sub("", text_of(document))
    code = (" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose))
    return [words for words in code if words.split()[0] in PROGRAMS and " " in words]
