"""The commands' help: in the language of the terminal, and as wide as that."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from progress_backend.cli import main, progress
from progress_backend.cli.help import HelpContext, japanese, language, wrapped
from progress_backend.cli.help_ja import CLICK, TEXTS
from progress_backend.record.default_texts import Locale
from progress_backend.terminal.formats import cells_of

#: click keeps a command's option for help, once it is asked for, as the first context has it.
NAMES = ["-h", "--help"]


def contexts(locale: Locale, width: int = 80) -> Iterator[HelpContext]:
    """One of each command, whose help is so wide."""
    for group, name in ((main, "progress-backend"), (progress, "progress")):
        top = HelpContext(
            group, info_name=name, terminal_width=width, help_option_names=NAMES, locale=locale
        )
        yield top
        yield from below(group, top)


def below(group: click.Group, parent: HelpContext) -> Iterator[HelpContext]:
    for name, command in group.commands.items():
        context = HelpContext(
            command, parent=parent, info_name=name, terminal_width=parent.terminal_width
        )
        yield context
        if isinstance(command, click.Group):
            yield from below(command, context)


def said() -> set[str]:
    """The paragraphs and the options' help of all commands."""
    texts = set()
    for context in contexts("en"):
        command = context.command
        texts |= set(inspect.cleandoc(command.help or "").split("\n\n"))
        options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
        texts |= {option.help for option in options if option.help}
    return {" ".join(text.split()) for text in texts}


def test_each_text_has_its_translation_and_no_other_is_kept() -> None:
    assert said() <= TEXTS.keys()
    assert TEXTS.keys() - CLICK.keys() <= said()


@pytest.mark.parametrize("width", [80, 60])
def test_a_japanese_help_has_no_english_and_is_no_wider_than_asked(width: int) -> None:
    for context in contexts("ja", width):
        text = context.get_help()
        assert text.startswith("使い方: ")
        for line in text.splitlines():
            # The names of choices are one word.
            assert cells_of(line) <= width or "[" in line, line
        assert not any(english in text for english in TEXTS if " " in english), text
        assert not any(f"{word}:" in text for word in CLICK if " " not in word), text


def test_an_english_help_is_as_click_writes_it() -> None:
    for context in contexts("en"):
        about = {"info_name": "x", "terminal_width": 80, "help_option_names": NAMES}
        plain = click.Context(context.command, **about)
        own = HelpContext(context.command, locale="en", **about)
        assert own.get_help() == plain.get_help()


def test_what_click_adds_to_an_option_is_translated_as_well() -> None:
    assert japanese("Tasks a page.  [default: 20; 1<=x<=100]") == (
        "1 ページのタスク数。 [既定: 20; 1<=x<=100]"
    )
    assert japanese("Nobody has  translated this.") == "Nobody has translated this."


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "ja_JP.UTF-8", "PROGRESS_LOCALE": "en"}, "en"),
        ({"LANG": "en_US.UTF-8", "PROGRESS_LOCALE": "ja"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "PROGRESS_LOCALE": "fr"}, "ja"),
    ],
)
def test_the_language_is_that_of_the_terminal(environ: dict[str, str], expected: str) -> None:
    assert language(environ) == expected


@given(st.text("タスク・記録、。（）「」ー abc-x [80]", max_size=200), st.integers(10, 40))
def test_lines_have_all_of_a_text_and_no_more_room_than_there_is(text: str, cells: int) -> None:
    lines = wrapped(text, cells)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for before, line in zip(["", *lines], lines, strict=False):
        assert cells_of(line) <= cells or " " not in line
        assert not before or line[0] not in "、。）」", lines


@pytest.mark.parametrize("start", [["-m", "celery", "progress"], []])
def test_a_terminal_gets_it(start: list[str]) -> None:
    program = start or ["-c", "from progress_backend.cli import main; main()"]
    env = {**os.environ, "LC_ALL": "ja_JP.UTF-8", "PYTHONUTF8": "1", "COLUMNS": "80"}
    env.pop("PROGRESS_LOCALE", None)
    done = subprocess.run(
        [sys.executable, *program, "tasks", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        env=env,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "タスクを新しい順に一覧します。" in done.stdout
