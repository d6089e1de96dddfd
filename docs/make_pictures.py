"""Draws the pictures of page and terminal: python -m docs.make_pictures. It runs the demo, which
the system's Chromium shows in light and dark colours."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO, StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME

from progress_backend.record.list_request import ListRequest
from progress_backend.terminal.app_screen import AppScreen
from progress_backend.terminal.opening import of_api
from progress_backend.terminal.readers import ListReader
from progress_backend.terminal.source import Source
from progress_backend.terminal.watch_state import WatchState

if TYPE_CHECKING:
    from playwright._impl._api_structures import ViewportSize

FOLDER: Final = Path(__file__).resolve().parent / "pictures"
WINDOW: Final[ViewportSize] = {"width": 1180, "height": 720}
THEMES: Final = {"light": DEFAULT_TERMINAL_THEME, "dark": SVG_EXPORT_THEME}
#: The moving picture: its width, seconds, and milliseconds of a frame and of the last one.
WIDTH: Final = 900
SECONDS: Final = 9.0
FRAME_MS, END_MS = 250, 2500
WAIT_MS: Final = 60_000


@contextmanager
def demo() -> Iterator[str]:
    """The address of a running demo, in English."""
    program = str(Path(sys.executable).parent / "progress-backend")
    env = {**os.environ, "LANG": "en_US.UTF-8", "PYTHONUNBUFFERED": "1"}
    command = [program, "demo", "--port", "0"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            address = (re.match(r"(http://\S+)/", line) for line in running.stdout)
            yield next(found[1] for found in address if found)
        finally:
            running.send_signal(signal.SIGINT)
            running.communicate(timeout=60)


def opened(browser: Browser, scheme: str, address: str, part: str) -> Page:
    """A page in a scheme, once it has the part."""
    dark = scheme == "dark"
    context = browser.new_context(
        locale="en-US", color_scheme="dark" if dark else "light", viewport=WINDOW
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(part)
    return page


def moving(pages: dict[str, Page]) -> None:
    """Pictures of the list while its jobs run, as one animated WebP of each scheme."""
    frames: dict[str, list[tuple[float, Image.Image]]] = {scheme: [] for scheme in pages}
    began = time.monotonic()
    while (at := time.monotonic() - began) < SECONDS:
        for scheme, page in pages.items():
            shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
            size = WIDTH, round(shot.height * WIDTH / shot.width)
            frames[scheme].append((at, shot.resize(size, Image.Resampling.LANCZOS)))
        page.wait_for_timeout(max(0.0, FRAME_MS - (time.monotonic() - began - at) * 1000))
    for scheme, taken in frames.items():
        times, (first, *others) = zip(*taken, strict=True)
        stand = [round((later - at) * 1000) for at, later in pairwise(times)] + [END_MS]
        first.save(
            FOLDER / f"moving-{scheme}.webp", save_all=True, append_images=others,
            duration=stand, loop=0, quality=60, method=6,
        )  # fmt: skip


def terminal(source: Source, task_id: str) -> None:
    """What `progress-backend watch` shows, a task's log with it, as SVG without a foreign font."""
    view = ListReader(source, ListRequest(limit=12, top=True)).read()
    view, state = replace(view, workers=source.workers()), WatchState(selected=task_id, log=True)
    log = source.log(task_id, None, 5)
    screen = AppScreen(view, "en", state, log, address="redis://127.0.0.1:6379/0")
    for scheme, theme in THEMES.items():
        console = Console(record=True, width=96, height=26, file=StringIO(), force_terminal=True)
        console.print(screen)
        svg = console.export_svg(title="progress-backend watch", theme=theme, unique_id=scheme)
        svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
        (FOLDER / f"terminal-{scheme}.svg").write_text(svg.replace("Fira Code", "ui-monospace"))


def main() -> None:
    """Draws all of them."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium draws the page: apt-get install chromium")
    with demo() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        moving({s: opened(browser, s, address, "[data-task-id]") for s in THEMES})
        with of_api(address, None, "en") as source:
            rows = source.tasks(ListRequest(status="error"))["tasks"]
            killed = next(row for row in rows if row["symbol"] == "7203.T")["task_id"]
            terminal(source, killed)
            workflow = source.workflows(1, 2)["workflows"][-1]["workflow_id"]
        for name, path, part in (
            ("task", f"/task/{killed}", ".log p"),
            ("workflow", f"/workflow/{workflow}", "tr[data-task-id]"),
        ):
            for scheme in THEMES:
                page = opened(browser, scheme, address + path, part)
                page.wait_for_timeout(500)  # bars move to their place
                page.screenshot(path=FOLDER / f"{name}-{scheme}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
