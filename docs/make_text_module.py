"""Writes the default texts as the page's module: python -m docs.make_text_module."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from progress_backend.record.default_texts import TEXTS

ROOT: Final = Path(__file__).resolve().parent.parent
PLACE: Final = ROOT / "progress_backend" / "web" / "scripts" / "texts.js"


def module() -> str:
    """The module's text: a page fills the blanks of these as a terminal does."""
    return f"export const TEXTS = {json.dumps(TEXTS, ensure_ascii=False, indent=2)};\n"


if __name__ == "__main__":
    PLACE.write_text(module(), "utf-8")
