"""The parts of the documents that are printed from the code: where a document has the line
`--8<-- "NAME.md"`, the site has what BLOCKS prints."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from . import make_reference, make_texts, make_types, tables

ROOT: Final = Path(__file__).resolve().parent.parent


def home(readme: str) -> str:
    """A README as the site's home, without its title and its links to what the site has not."""
    text = (ROOT / readme).read_text(encoding="utf-8").partition("\n")[2]
    text = text.replace("](docs/", "](").replace('="docs/', '="')
    for name, page in _PAGES.items():
        text = text.replace(f"]({name}.md)", f"]({page}.md)")
    return _ELSEWHERE.sub(r"\1", text)


#: Name of a part -> what prints it.
BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "home": partial(home, "README.md"),
    "home-ja": partial(home, "README.ja.md"),
    "settings": tables.settings,
    "transitions": tables.transitions,
    "texts": make_texts.table,
    "message": make_texts.message,
    "api": make_reference.summary,
    "http": make_reference.http,
    "commands": make_reference.commands,
    "failures": tables.failures,
    "keys": tables.keys,
    "metrics": tables.figures,
    "task-schema": lambda: f"```json\n{make_types.printed()['schema']}\n```",
    "task-types": lambda: f"```ts\n{make_types.printed()['typescript']}\n```",
}
#: Pages of the site that stand elsewhere in the project.
_PAGES: Final = {"README": "index", "README.ja": "index.ja", "CHANGELOG": "changelog"}
_ELSEWHERE: Final = re.compile(
    r"\[(!\[[^]]*\]\([^)]*\)|[^][]*)\]\((?:LICENSE|CONTRIBUTING\.md|(?:tests|examples)/[^)]*)\)"
)
INCLUDED: Final = re.compile(r'^--8<-- "([a-z-]+)\.md"$', re.MULTILINE)


def filled(text: str) -> str:
    """A document with its printed parts.

    Raises:
        KeyError: nothing prints a part of that name.
    """
    return INCLUDED.sub(lambda found: BLOCKS[found[1]]().strip(), text)
