"""Makes the moving picture of the live page: python -m docs.make_moving.

The system's Chromium draws the page from records that change meanwhile, as workers write them. The
frames are one animated WebP for each language and scheme.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from progress_backend.record import events as ev
from progress_backend.record.default_texts import LOCALES, Locale, text
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store

from .make_pictures import FOLDER, LANGUAGES, SCHEMES, WAIT_MS, Scheme, api

_SIZE: Final = (1180, 640)
#: Width of the picture: that of a README.
_WIDTH: Final = 900
_FRAME_MS: Final = 250
_END_MS: Final = 2500
_SECONDS: Final = 9.0
_WORKER: Final = Worker("lease", "celery@prices-1")
_DYING: Final = Worker("dying", "celery@prices-2")
#: Two tasks, of which the second loses its worker, and when, in seconds.
_FETCHED: Final = ("5d0a8c1e-6a3f-4c54-9b1e-2f6f0e8d7a11", "GOOG", 252)
_LOST: Final = ("8c2e7f4b-1b9d-4f3a-8f60-7d5a3c2b1e22", "MSFT", 252)
_STARTS_S: Final = 1.0
_LOST_S: Final = 5.0


def happens(lang: Locale) -> Iterator[tuple[float, str, ev.Event]]:
    """What happens to the two tasks: after how many seconds, to which, and what."""
    said = "Fetching prices ({}/{})" if lang == "en" else "価格を取得しています ({}/{})"
    for (task_id, symbol, total), worker, until, pace in (
        (_FETCHED, _WORKER, _SECONDS, 36), (_LOST, _DYING, _LOST_S, 22),
    ):  # fmt: skip
        identity = ev.Identity("fetch_data", total, symbol)
        yield 0.0, task_id, ev.Created(identity=identity)
        yield _STARTS_S, task_id, ev.Started(identity=identity, worker=worker)
        for step in range(1, round((until - _STARTS_S) * 4)):
            current = min(round(step * pace / 4), total)
            message = said.format(current, total)
            yield _STARTS_S + step / 4, task_id, ev.Progressed(current=current, message=message)
    lost = text(lang, "lost", worker=_DYING.name)
    yield _LOST_S, _LOST[0], ev.Failed(error_message=lost, cause="lost")
    yield _SECONDS - 1, _FETCHED[0], ev.Completed()


def frames(
    browser: Browser, address: str, store: Store, lang: Locale, scheme: Scheme
) -> list[tuple[float, Image.Image]]:
    """Pictures of the page while that happens, each with its second."""
    context = browser.new_context(
        locale=LANGUAGES[lang], color_scheme=scheme,
        viewport={"width": _SIZE[0], "height": _SIZE[1]},
    )  # fmt: skip
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(address)
    for part in ("#connection[data-state=live]", "[data-task-id]"):
        page.wait_for_selector(part)
    waiting, taken = (
        sorted(happens(lang), key=lambda each: each[0]),
        list[tuple[float, Image.Image]](),
    )
    height = round(_SIZE[1] * _WIDTH / _SIZE[0])
    began = time.monotonic()
    while (at := time.monotonic() - began) < _SECONDS + 1:
        while waiting and waiting[0][0] <= at:
            _, task_id, event = waiting.pop(0)
            now: datetime = store.now()
            store.run(store.flows.apply(task_id, (event,), now))
        shot = Image.open(BytesIO(page.screenshot(type="png"))).convert("RGB")
        taken.append((at, shot.resize((_WIDTH, height), Image.Resampling.LANCZOS)))
        page.wait_for_timeout(max(0.0, _FRAME_MS - (time.monotonic() - began - at) * 1000))
    context.close()
    return taken


def main() -> None:
    """Makes all of them."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("the page is drawn by Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for lang in LOCALES:
            for scheme in SCHEMES:
                with (
                    api(lang) as (address, url),
                    Store(Settings(redis_url=url, locale=lang)) as store,
                ):
                    store.ready()
                    times, pictures = zip(
                        *frames(browser, address, store, lang, scheme), strict=True
                    )
                # Each stands until the next one was taken, the last one longer.
                stand = [round((later - at) * 1000) for at, later in pairwise(times)] + [_END_MS]
                pictures[0].save(
                    FOLDER / f"moving-{lang}-{scheme}.webp", save_all=True,
                    append_images=pictures[1:], duration=stand, loop=0, quality=60, method=6,
                )  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
