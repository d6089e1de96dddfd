from __future__ import annotations

from string import Formatter

import pytest

from progress_backend.record import default_texts
from progress_backend.record.default_texts import (
    LOCALES,
    progress_text,
    text,
    translated,
)


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_language_has_every_text_with_the_same_blanks() -> None:
    texts = default_texts._TEXTS
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


def test_the_text_of_an_update_without_one() -> None:
    assert progress_text("ja", 150, 252) == "処理中... (150/252)"
    assert progress_text("ja", 150, None) == "処理中... (150)"
    assert progress_text("en", 0, 0) == "Processing... (0/0)"


FILLED = {
    "current": 3, "total": 9, "worker": "w@h", "reason": "no\nbroker: x", "name": "shop.x",
    "number": 2, "limit": 5, "seconds": 4, "lost": 3, "time": "01-15 14:05",
}  # fmt: skip


@pytest.mark.parametrize("key", default_texts._TEXTS["ja"])
@pytest.mark.parametrize(("theirs", "ours"), [("ja", "en"), ("en", "ja")])
def test_a_default_text_is_put_into_the_readers_language(key, theirs, ours) -> None:
    values = {name: FILLED.get(name, "?") for name in blanks(default_texts._TEXTS["ja"][key])}
    assert translated(ours, text(theirs, key, **values)) == text(ours, key, **values)
    assert translated(theirs, text(theirs, key, **values)) == text(theirs, key, **values)


@pytest.mark.parametrize(
    "said", ["", "Completed.", "データ", "Processing... (a/b)", "Processing... (1/2) of AAPL"]
)
def test_a_text_of_the_jobs_own_stays_as_it_is(said) -> None:
    assert translated("ja", said) == translated("en", said) == said
