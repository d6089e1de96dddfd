"""The search of the documents' site, opened from its files as `make docs` builds them."""

import pytest
from playwright.sync_api import Browser, expect

from tests.servers import ROOT

HOME = ROOT / "build" / "site" / "index.html"


@pytest.mark.skipif(not HOME.exists(), reason="make docs has not built the site here")
@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("cancel", "Cancel, pause and resume"),
        ("再配信", "用語"),
        ("キャンセル", "用語"),
        ("タスクのキャンセル", "用語"),
    ],
)
def test_the_search_finds_words_and_phrases_of_both_languages(
    browser: Browser, typed: str, title: str
) -> None:
    page = browser.new_page()
    page.goto(HOME.as_uri())
    field = page.locator("input.md-search__input")
    field.press_sequentially(typed)
    field.dispatch_event("keyup")  # as an input method ends a word
    found = page.locator(".md-search-result__article h1")
    expect(found.first).to_be_visible()
    print(found.all_inner_texts())
    assert title in found.all_inner_texts()
    page.close()
