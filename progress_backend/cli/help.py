"""The help of the commands in the language of the terminal: English, or Japanese where LC_ALL,
LC_MESSAGES or LANG, or PROGRESS_LOCALE, name that."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import click

from ..record.default_texts import Locale
from ..terminal.formats import cells_of, locale_of
from .help_ja import CLICK, TEXTS

_SPACES: Final = re.compile(r"\s+")
#: What click puts behind an option's help: "  [default: 20; required]".
_EXTRA: Final = re.compile(r"\s*(\[[^\]]*\])$")
_WORDS: Final = re.compile("default|env var|required")
#: A word of another script, or one Japanese character, with what may not begin or end a line.
_PIECE: Final = re.compile(
    r"[（「\[]*(?:[!-~–…]+|\S)[、。）」：；・ーぁぃぅぇぉっゃゅょァィゥェォッャュョ]* ?|\s"
)
_MOST_FIRST: Final = 30
_BETWEEN: Final = 2


def language(environ: Mapping[str, str]) -> Locale:
    """The language of the help: that of PROGRESS_LOCALE, else of the terminal."""
    named = environ.get("PROGRESS_LOCALE")
    return "ja" if named == "ja" else "en" if named == "en" else locale_of(environ)


class JapaneseFormatter(click.HelpFormatter):
    """click's formatter, which writes Japanese and counts terminal cells, not characters."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Writes the line with the command and its arguments."""
        super().write_usage(prog, args, "使い方: " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """Writes the heading of options or commands."""
        super().write_heading(CLICK.get(heading, heading))

    def write_text(self, text: str) -> None:
        """Writes the help's paragraphs."""
        room = self.width - self.current_indent
        paragraphs = (wrapped(japanese(part), room) for part in text.split("\n\n"))
        indent = " " * self.current_indent
        self.write("\n\n".join("\n".join(indent + line for line in each) for each in paragraphs))
        self.write("\n")

    def write_dl(
        self,
        rows: Iterable[tuple[str, str]],
        col_max: int = _MOST_FIRST,
        col_spacing: int = _BETWEEN,
    ) -> None:
        """Writes the options or commands, each beside its help."""
        rows = list(rows)
        first = min(max(len(name) for name, _ in rows), col_max) + col_spacing
        room = max(self.width - first - 2, 10)
        lines: list[tuple[str, str]] = []
        for name, text in rows:
            begin, *rest = wrapped(japanese(text), room) or [""]
            lines += [(name, begin), *(("", line) for line in rest)]
        super().write_dl(lines, col_max, col_spacing)


class HelpContext(click.Context):
    """click's context, whose help is in the terminal's language; a command's context has that of
    its group's."""

    def __init__(self, *args: Any, locale: Locale | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.parent.locale if isinstance(self.parent, HelpContext) else None
        self.locale: Locale = locale or known or language(os.environ)
        if self.locale == "ja":
            self.formatter_class = JapaneseFormatter


class Group(click.Group):
    """A group of commands whose help is in the terminal's language."""

    context_class = HelpContext

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the commands, each with the first sentence of its help."""
        if not isinstance(formatter, JapaneseFormatter):
            super().format_commands(ctx, formatter)
            return
        listed = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, _first(each)) for name, each in listed if each and not each.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first(command: click.Command) -> str:
    """The first sentence of a command's help."""
    text = japanese(inspect.cleandoc(command.help or "").partition("\n\n")[0])
    return text.partition("。")[0] + "。"


def japanese(text: str) -> str:
    """A text of the help in Japanese; as it is, if nobody has translated it."""
    text = _SPACES.sub(" ", text).strip()
    extra = _EXTRA.search(text)
    own = text if extra is None else text[: extra.start()]
    said = TEXTS.get(own, own)
    if extra is None:
        return said
    return f"{said} {_WORDS.sub(lambda found: CLICK[found[0]], extra[1])}".strip()


def wrapped(text: str, cells: int) -> list[str]:
    """The lines of a text that is so wide at most: between words and between Japanese characters,
    but not before a character that ends a sentence."""
    return list(_lines(text, cells))


def _lines(text: str, cells: int) -> Iterator[str]:
    line = ""
    for piece in _PIECE.findall(text):
        if line and cells_of(line + piece.rstrip()) > cells:
            yield line.rstrip()
            line = ""
        line = line + piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()
