"""Finishes what `make docs` built: writes llms.txt, and ends with 1 where a page loads something of
another host: python -m docs.finish_site."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from .make_blocks import filled

ROOT: Final = Path(__file__).resolve().parent.parent
SITE: Final = ROOT / "build" / "site"
#: What a browser loads by itself; a link that a reader follows is none of it.
_LOADED: Final = re.compile(
    r"<(?:script|img|source|iframe)\b[^>]*\bsrc(?:set)?=[\"']?((?:https?:)?//[^\s\"'>]+)"
    r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|preload)\b[^>]*href=[\"']?((?:https?:)?//[^\s\"'>]+)"
    r"|(?:@import\s+[\"']?|url\([\"']?)((?:https?:)?//[^\s\"')]+)"
)


def config() -> dict[str, Any]:
    """What mkdocs.yml says."""
    # Its tag for a Python name matters to mkdocs alone.
    text = re.sub(r"!!python/.*", "null", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    read: dict[str, Any] = yaml.safe_load(text)
    return read


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


def llms(site: dict[str, Any]) -> str:
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


def foreign() -> Iterator[str]:
    """What pages, styles and scripts of the site load from other hosts."""
    for path in sorted(SITE.rglob("*")):
        if path.suffix in (".html", ".css"):
            for found in _LOADED.finditer(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(SITE)}: {found[0]}"


def main() -> int:
    """The exit code."""
    (SITE / "llms.txt").write_text(llms(config()), encoding="utf-8")
    found = list(foreign())
    print(*found, sep="\n", end="\n" if found else "", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
