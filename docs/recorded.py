"""The list page over a recording of the demo, as one file that plays without a server: with the
page, style and script of this version."""

import gzip
import re
from pathlib import Path
from typing import Final

from fastapi.testclient import TestClient

from progress_backend.record.default_texts import Locale
from progress_backend.settings import Settings
from progress_backend.web.app import create_app

SITE: Final = Path(__file__).resolve().parent / "site"
RECORDED: Final = SITE / "recorded.json.gz"
TEXTS: Final[dict[Locale, str]] = {
    "en": "A recording of half a minute, which begins again. Nothing here can be pressed.",
    "ja": "30 秒間の記録を繰り返し再生しています。ボタンは押せません。",
}
_STYLE: Final = (
    ".recording { margin: 0; padding: .5rem 1rem; text-align: center; font-weight: 600; "
    "background: var(--card); border-bottom: 1px solid var(--line); }"
)


def recorded_page(locale: Locale) -> str:
    """The page in a language."""
    app = create_app(Settings(redis_url="redis://127.0.0.1"))  # which these paths do not ask
    api = TestClient(app, base_url="http://127.0.0.1")
    paths = ("/?page=1", "/static/page.css", "/static/page.js")
    html, style, script = (api.get(path).raise_for_status().text for path in paths)
    recorded = gzip.decompress(RECORDED.read_bytes()).decode()
    play = (SITE / "recorded.js").read_text("utf-8")
    texts = (f'const recorded = {recorded}, lang = "{locale}";\n{play}', script)
    first, then = (text.replace("</", "<\\/") for text in texts)
    scripts = f"<script>{first}</script><script type=module>{then}</script>"
    note = f'<p class="recording" role="note" lang="{locale}">{TEXTS[locale]}</p>'
    html = re.sub('<script type="module".*</script>', lambda _: scripts, html, count=1)
    styled = f"<style>{style}{_STYLE}</style>"
    html = re.sub('<link rel="stylesheet".*>', lambda _: styled, html, count=1)
    return re.sub("<body[^>]*>", lambda body: body[0] + note, html, count=1)
