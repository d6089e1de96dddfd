"""What the printing scripts share: a Markdown table, and translations that cannot go stale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def translated(translations: Mapping[str, str], text: str) -> str:
    """The translation of a text that stands in the code.

    Raises:
        KeyError: there is none; the text is new or has changed.
    """
    if text not in translations:
        raise KeyError(f"no translation of {text!r}: the code says something new, translate it")
    return translations[text]
