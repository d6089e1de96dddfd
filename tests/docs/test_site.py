"""The site: its navigation has every page, and its pages load nothing of another host."""

from pathlib import Path

import pytest

from docs import finish_site
from tests.servers import ROOT


def test_each_page_stands_in_the_navigation_once() -> None:
    pages = [file for _, file in finish_site.pages(finish_site.config()["nav"])]
    there = (ROOT / "docs").rglob("*.md")
    assert sorted(pages) == sorted(str(path.relative_to(ROOT / "docs")) for path in there)


def test_llms_txt_names_the_english_pages_with_a_sentence_each() -> None:
    text = finish_site.llms(finish_site.config())
    assert "- [Quick start](quick-start.html): " in text
    assert ".ja.html" not in text
    assert not [line for line in text.splitlines() if line.endswith(": ")]


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example.com/a.js"></script>', 1),
        ('<link rel="stylesheet" href="//fonts.example.com/a.css">', 1),
        ("<style>a { background: url(https://img.example.com/a.png) }</style>", 1),
        ('<a href="https://example.com/">a page</a><script src="assets/a.js"></script>', 0),
    ],
)
def test_what_a_page_loads_of_another_host_is_found(
    html: str, found: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text(html)
    monkeypatch.setattr(finish_site, "SITE", tmp_path)
    assert len(list(finish_site.foreign())) == found
