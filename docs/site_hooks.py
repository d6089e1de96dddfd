"""Hooks of mkdocs: the weights of pages in the search, a how-to before the Python reference and a
Japanese page behind English ones; llms.txt; and an error where a page loads something of another
host."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docs.make_blocks import ROOT, filled
from docs.recorded import recorded_page
from progress_backend.record.default_texts import Locale

#: Section of the navigation -> the factor of its pages.
BOOSTS: Final = {"Tutorial": 2.0, "How-to": 2.0, "日本語": 0.5}
#: Pages whose many names would fill the first results.
_NAMES: Final = {"python-reference.md": 0.5, "changelog.md": 0.2}
#: Files of the recorded page.
RECORDED: Final[dict[str, Locale]] = {"recorded.html": "en", "recorded.ja.html": "ja"}
#: What a browser loads by itself; a link that a reader follows is none of it.
_LOADED: Final = re.compile(
    r"<(?:script|img|source|iframe)\b[^>]*\bsrc(?:set)?=[\"']?((?:https?:)?//[^\s\"'>]+)"
    r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload)\b[^>]*href=[\"']?((?:https?:)?//[^\s\"'>]+)"
    r"|(?:@import\s+[\"']?|url\([\"']?)((?:https?:)?//[^\s\"')]+)"
)


def on_page_markdown(markdown: str, /, page: Any, **_: Any) -> str:
    """Prints the page's parts, and sets its factor, which the theme's search reads."""
    section = page.parent.title if page.parent else ""
    boost = _NAMES.get(page.file.src_uri, BOOSTS.get(section, 1.0))
    page.meta.setdefault("search", {"boost": boost})
    return filled(markdown)


def on_post_build(config: Mapping[str, Any], **_: Any) -> None:
    """Writes llms.txt and the recorded page, and ends with 1 where a page loads something of
    another host."""
    site = Path(config["site_dir"])
    (site / "llms.txt").write_text(llms(config), encoding="utf-8")
    for name, locale in RECORDED.items():
        (site / name).write_text(recorded_page(locale), encoding="utf-8")
    if found := list(foreign(site)):
        raise SystemExit("\n".join(found))


def pages(nav: list[Any], section: str = "") -> Iterator[tuple[str, str]]:
    """Section and file of each page of the navigation, in its order."""
    for entry in nav:
        title, below = next(iter(entry.items())) if isinstance(entry, dict) else (section, entry)
        if isinstance(below, list):
            yield from pages(below, title)
        else:
            yield section, below


def described(file: str) -> str:
    """A page's title and its first paragraph, on a line."""
    text = filled((ROOT / "docs" / file).read_text(encoding="utf-8"))
    paragraphs = [part.strip() for part in re.split(r"\n{2,}", text)]
    name = next(line for line in text.splitlines() if line.startswith("# ")).removeprefix("# ")
    first = next((p for p in paragraphs if re.match(r"[\w`*<]", p) and "```" not in p), "")
    plain = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", " ".join(first.split()))
    sentence = re.split(r"(?<=\.) ", plain)[0].rstrip(":")
    return f"- [{name}]({file.removesuffix('.md')}.html): {sentence}"


def llms(site: Mapping[str, Any]) -> str:
    """The list of pages for programs that read, as https://llmstxt.org describes it."""
    lines = [f"# {site['site_name']}", "", f"> {site['site_description']}."]
    last = None
    for section, file in pages(site["nav"]):
        if file == "changelog.md" or file.endswith(".ja.md"):
            continue
        if section != last:
            lines += ["", f"## {section or 'Start'}", ""]
            last = section
        lines.append(described(file))
    return "\n".join([*lines, ""])


def foreign(site: Path) -> Iterator[str]:
    """What pages, styles and scripts of the site load from other hosts."""
    for path in sorted(site.rglob("*")):
        if path.suffix in (".html", ".css"):
            for found in _LOADED.finditer(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(site)}: {found[0]}"
