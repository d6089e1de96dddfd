"""Records what the list page reads of the demo in half a minute: python -m docs.make_recorded. The
site plays it (`docs.recorded`)."""

import gzip
import json
import shutil
import time
from typing import Any, Final

from playwright.sync_api import Response, sync_playwright

from docs.make_pictures import demo
from docs.recorded import RECORDED

MS: Final = 30_000


def main() -> None:
    """Records docs/site/recorded.json.gz."""
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
        browser.close()
    text = json.dumps(recorded, ensure_ascii=False, separators=(",", ":"))
    RECORDED.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
