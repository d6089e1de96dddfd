"""The site: its navigation has every page, and its pages load nothing of another host."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from docs import site_hooks
from tests.docs.reading import filled_text_of
from tests.servers import ROOT

#: Its tag for a Python name matters to mkdocs alone.
SITE = yaml.safe_load(re.sub(r"!!python/.*", "null", (ROOT / "mkdocs.yml").read_text("utf-8")))


def test_each_page_stands_in_the_navigation_once() -> None:
    pages = [file for _, file in site_hooks.pages(SITE["nav"])]
    there = (ROOT / "docs").rglob("*.md")
    assert sorted(pages) == sorted(str(path.relative_to(ROOT / "docs")) for path in there)


def test_llms_txt_names_the_english_pages_with_a_sentence_each() -> None:
    text = site_hooks.llms(SITE)
    assert "- [Quick start](quick-start.html): " in text
    assert ".ja.html" not in text
    assert not [line for line in text.splitlines() if line.endswith(": ")]


def test_each_page_starts_with_its_title() -> None:
    firsts = {path.name: path.read_text("utf-8")[:2] for path in (ROOT / "docs").glob("*.md")}
    del firsts["changelog.md"]  # it is the project's
    assert {name for name, first in firsts.items() if first != "# "} == set()


def test_home_is_the_readme_with_the_sites_own_links() -> None:
    for page in ("docs/index.md", "docs/index.ja.md"):
        text = filled_text_of(page)
        assert "pip install '.[demo]'" in text
        found = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
        assert len(found) > 40
        assert [link for link in found if link and not (ROOT / "docs" / link).exists()] == []
        for name in ("django", "statuses", "proxy", "control", "access", "upgrade", "scale"):
            assert {f"{name}.md", f"{name}.ja.md"} & {*found}, name
        assert "python-reference.md" in found


def test_the_search_finds_a_how_to_before_the_python_reference() -> None:
    sections = {name for entry in SITE["nav"] for name in entry}
    assert set(site_hooks.BOOSTS) <= sections
    assert "offline" in SITE["plugins"]
    for script in SITE["extra"]["polyfills"]:
        assert (ROOT / "docs" / script).is_file(), script

    def weight(section: str, file: str) -> float:
        about = SimpleNamespace(title=section), SimpleNamespace(src_uri=file)
        page = SimpleNamespace(parent=about[0], file=about[1], meta={})
        assert site_hooks.on_page_markdown("text", page=page) == "text"
        return float(page.meta["search"]["boost"])

    python = weight("Reference", "python-reference.md")
    assert weight("How-to", "control.md") > weight("Reference", "reference.md") > python


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<script src="https://cdn.example.com/a.js"></script>', 1),
        ('<link rel="stylesheet" href="//fonts.example.com/a.css">', 1),
        ("<style>a { background: url(https://img.example.com/a.png) }</style>", 1),
        ('<a href="https://example.com/">a page</a><script src="assets/a.js"></script>', 0),
    ],
)
def test_what_a_page_loads_of_another_host_is_found(html: str, found: int, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(html)
    assert len(list(site_hooks.foreign(tmp_path))) == found
