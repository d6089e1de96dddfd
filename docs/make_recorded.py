"""Records the list page over the demo as one file: python -m docs.make_recorded. It has the page,
style and script that the API serves, and plays half a minute of its answers without a server."""

import json
import re
import shutil
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Response, sync_playwright

from docs.make_pictures import demo

HERE: Final = Path(__file__).resolve().parent
STATIC: Final = HERE.parent / "progress_backend" / "web" / "static"
PLAY: Final = (HERE / "site" / "recorded.js").read_text("utf-8")
MS: Final = 30_000


def main() -> None:
    """Writes docs/recorded.html."""
    recorded: dict[str, Any] = {"ms": MS, "answers": [], "messages": []}
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(locale="en-US")
        began = time.monotonic()

        def add(kind: str, **values: str | bytes) -> None:
            recorded[kind].append({"at": round((time.monotonic() - began) * 1000), **values})

        def answered(one: Response) -> None:
            if "/internal/" in one.url:
                path = one.url.partition("/internal/")[2].partition("?")[0]
                add("answers", path=path, date=one.headers["date"], body=one.text())

        page.on("response", answered)
        page.on(
            "websocket",
            lambda one: one.on("framereceived", lambda data: add("messages", data=data)),
        )
        page.goto(address)
        page.wait_for_timeout(MS)
        html = page.request.get(f"{address}/").text()
        browser.close()
    html = html.partition("<script>")[0] + html.partition("</script>\n")[2]  # without a first read
    style, script = ((STATIC / f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
    texts = (f"const recorded = {json.dumps(recorded)};\n{PLAY}", script)
    first, then = (text.replace("</", "<\\/") for text in texts)
    scripts = f"<script>{first}</script><script type=module>{then}</script>"
    html = re.sub('<script type="module".*</script>', lambda _: scripts, html, count=1)
    html = re.sub('<link rel="stylesheet".*>', lambda _: f"<style>{style}</style>", html, count=1)
    (HERE / "recorded.html").write_text(html, encoding="utf-8")


if __name__ == "__main__":
    main()
