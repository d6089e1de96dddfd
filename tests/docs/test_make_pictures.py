"""The pictures of page and terminal: there, of now, and asking no other server."""

import re

import pytest

from docs.make_pictures import FOLDER, LOCALES, MADE_FROM, SCHEMES, Scheme, drawn_from, terminal
from progress_backend.record.default_texts import Locale
from tests.docs.reading import documents, text_of
from tests.servers import ROOT

AGAIN = "make them again: make pictures"


@pytest.mark.long
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("lang", LOCALES)
def test_the_terminals_are_what_it_shows_now(lang: Locale, scheme: Scheme) -> None:
    drawn = terminal(lang, scheme)
    assert (FOLDER / f"terminal-{lang}-{scheme}.svg").read_text("utf-8") == drawn, AGAIN
    addresses = set(re.findall(r"https?://[^\"' )]+", drawn))
    assert addresses <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


@pytest.mark.long
def test_the_pages_are_drawn_from_the_page_as_it_is() -> None:
    assert MADE_FROM.read_text("utf-8") == drawn_from(), AGAIN
    for lang in LOCALES:
        for scheme in SCHEMES:
            for name in ("task", "workflow"):
                picture = (FOLDER / f"{name}-{lang}-{scheme}.png").read_bytes()
                assert picture.startswith(b"\x89PNG")
                assert len(picture) < 200_000
            moving = (FOLDER / f"moving-{lang}-{scheme}.webp").read_bytes()
            assert moving[8:12] == b"WEBP"
            assert b"ANIM" in moving
            assert len(moving) < 1_000_000


@pytest.mark.parametrize("document", documents())
def test_what_a_document_shows_is_there(document: str) -> None:
    for shown in re.findall(r'<(?:img|source)\b[^>]*?(?:src|srcset)="([^"]+)"', text_of(document)):
        assert (ROOT / document).parent.joinpath(shown).is_file(), shown
