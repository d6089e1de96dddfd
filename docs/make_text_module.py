"""Writes the default texts as the page's module: python -m docs.make_text_module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from progress_backend.record.default_texts import TEXTS

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "progress_backend" / "web" / "scripts" / "texts.js"


def module() -> str:
    """The module's text: a page fills the blanks of these as a terminal does. Each name stands
    once, since the element has to be small."""
    pairs = {name: [TEXTS["en"][name], TEXTS["ja"][name]] for name in TEXTS["en"]}
    made = json.dumps(pairs, ensure_ascii=False, indent=2)
    return f'import {{ inEach }} from "./words.js";\n\nexport const TEXTS = inEach({{}}, {made});\n'


if __name__ == "__main__":
    PLACE.write_text(module(), "utf-8")
