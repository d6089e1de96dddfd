from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest

from progress_backend.record import default_texts
from progress_backend.record.default_texts import LOCALES, in_language, progress_text, text, wished


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_language_has_every_text_with_the_same_blanks() -> None:
    texts = default_texts.TEXTS
    assert set(texts) == set(LOCALES) == {"ja", "en"}
    shape = {key: blanks(template) for key, template in texts["ja"].items()}
    for language in texts.values():
        assert {key: blanks(template) for key, template in language.items()} == shape
        assert all(language.values())


def test_the_text_of_an_update_without_one() -> None:
    assert progress_text("ja", 150, 252) == "処理中... (150/252)"
    assert progress_text("ja", 150, None) == "処理中... (150)"
    assert progress_text("en", 0, 0) == "Processing... (0/0)"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, None), ("", None), ("*", None), ("*;q=0.5", None), ("ja;q=0", None),
        (";;q=1,,", None), ("1234", None), ("ja", "ja"), ("JA-jp", "ja"), ("en", "en"),
        ("en-US,en;q=0.9", "en"), ("en-US,en;q=0.9,ja;q=0.8", "en"), ("ja , en ; q=0.9", "ja"),
        ("en;q=0.1,ja;q=0.2", "ja"), ("en;q=0, ja;q=0.001", "ja"), ("fr", "en"), ("ja;q=2", None),
        ("fr, ja;q=0.5", "ja"), ("*, ja;q=0.1", "ja"), ("jam", "en"), (",".join(["x"] * 99), "en"),
    ],
)  # fmt: skip
def test_a_header_wishes_a_language_or_none(header: str | None, locale: str | None) -> None:
    assert wished(header) == locale


NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
FILLED: dict[str, Any] = {
    "current": 3, "total": 9, "worker": "w@h", "reason": "no\nbroker: x", "name": "shop.x",
    "number": 2, "limit": 5, "seconds": 4, "lost": 3, "since": "14:02", "waiting": 3,
    "time": NOW.replace(hour=14, minute=5),
}  # fmt: skip


@pytest.mark.parametrize("key", default_texts.TEXTS["ja"])
@pytest.mark.parametrize(("theirs", "ours"), [("ja", "en"), ("en", "ja")])
def test_a_default_text_is_put_into_the_readers_language(key, theirs, ours) -> None:
    values = {name: FILLED[name] for name in blanks(default_texts.TEXTS["ja"][key])}
    made = text(theirs, key, NOW, **values)
    for locale in (theirs, ours):
        assert in_language(locale, made, made.code, NOW) == text(locale, key, NOW, **values)


@pytest.mark.parametrize(
    ("day", "shown"), [(15, "14:05"), (16, "01-15 14:05")], ids=["today", "another day"]
)
def test_a_time_has_its_date_unless_that_is_the_days(day: int, shown: str) -> None:
    at = NOW.replace(day=day)
    made = text("en", "failed_until", at, time=FILLED["time"])
    assert made == f"An error occurred; may run again until {shown}"
    assert made.code == {
        "code": "failed_until", "args": {"time": "2024-01-15T14:05:00.000+00:00"}
    }  # fmt: skip
    assert in_language("en", "", made.code, at) == made


@pytest.mark.parametrize(
    "code",
    [
        *(None, {}, {"code": "lost"}, {"code": "of a newer version", "args": {}}),
        *({"code": "lost", "args": {}}, {"code": "failed_until", "args": {"time": "noon"}}),
        *({"code": ["lost"], "args": {}}, {"code": "lost", "args": {"locale": 1, "key": 2}}),
    ],
)
def test_a_text_without_a_known_code_stays_as_it_is(code) -> None:
    assert in_language("ja", "Completed", code) == in_language("en", "Completed", code, NOW)
