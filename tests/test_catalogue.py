from __future__ import annotations

from string import Formatter

import pytest

from progress_backend import catalogue
from progress_backend.catalogue import LOCALES, progress_text, text


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_language_has_every_text_with_the_same_blanks() -> None:
    texts = catalogue._TEXTS
    assert set(texts) == set(LOCALES) == {"ja", "en"}
    shape = {key: blanks(template) for key, template in texts["ja"].items()}
    for language in texts.values():
        assert {key: blanks(template) for key, template in language.items()} == shape
        assert all(language.values())


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("completed", "完了しました"),
        ("failed", "エラーが発生しました"),
        ("cancelled", "タスクがキャンセルされました"),
    ],
)
def test_the_specifications_texts(key, said) -> None:
    assert text("ja", key) == said


def test_blanks_are_filled() -> None:
    assert text("en", "lost", worker="w@h") == "Worker w@h stopped answering"


def test_the_text_of_an_update_without_one() -> None:
    assert progress_text("ja", 150, 252) == "処理中... (150/252)"
    assert progress_text("ja", 150, None) == "処理中... (150)"
    assert progress_text("en", 0, 0) == "Processing... (0/0)"
