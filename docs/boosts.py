"""A hook of mkdocs, the weights of pages in the search: a how-to before the Python reference,
a Japanese page behind English ones."""

from __future__ import annotations

from typing import Any, Final

#: Section of the navigation -> the factor of its pages.
BOOSTS: Final = {"Tutorial": 2.0, "How-to": 2.0, "日本語": 0.5}
#: Pages whose many names would fill the first results.
_NAMES: Final = {"python-reference.md": 0.5, "changelog.md": 0.2}


def on_page_markdown(markdown: str, /, page: Any, **_: Any) -> str:
    """Sets the page's factor, which the theme's search reads."""
    section = page.parent.title if page.parent else ""
    boost = _NAMES.get(page.file.src_uri, BOOSTS.get(section, 1.0))
    page.meta.setdefault("search", {"boost": boost})
    return markdown
