"""What a person sees and when, in the system's own Chromium; skipped without one.

An instant of a page is that of the first task after the frame that shows a change, by the clock of
this machine, which worker and browser share.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

import httpx
from celery import Celery
from playwright.sync_api import Browser, Page, sync_playwright

from progress_backend.embedded import EmbeddedServer
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import Service
from tests.waiting import eventually

from .cloned_records import mixed
from .http_peers import LISTENS
from .jobs import workers
from .rounds import Rounds
from .row import Row

OURS, EMPTY, ALLOWED = "live page", "empty page, one fetch", "allowed"
PIXEL_MS = 50
#: As often as a job's values are written at most, and the pauses between them.
INTERVAL_S, PAUSE_MS = 0.05, (150, 350)
WAIT_S = 60
#: A job is cancelled as enough of its values were seen.
MOST_VALUES = 1_000
_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # Pages of the address bar, which each window would load while ours is measured.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]

#: Notes for each text that is an instant how many milliseconds later it was on the screen. Parts
#: of the element have a tree of their own.
_PIXELS = """
window.late = [];
const seen = new Set(), whole = { subtree: true, childList: true, characterData: true };
const look = new MutationObserver(() => {
  const tree = document.querySelector("task-progress")?.shadowRoot ?? document.body;
  const said = tree?.textContent.match(/at (\\d+\\.\\d+)/)?.[1];
  if (!said || seen.has(said)) return;
  seen.add(said);
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => late.push(performance.timeOrigin + performance.now() - said * 1000);
    port2.postMessage(null);
  });
});
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (how) {
  const made = attach.call(this, how);
  look.observe(made, whole);
  return made;
};
look.observe(document, whole);
"""
_FIRST_ROW = """
const watched = new MutationObserver(() => {
  if (!document.querySelector("[data-task-id]")?.textContent) return;
  watched.disconnect();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { window.shown = performance.now(); };
    port2.postMessage(null);
  });
});
watched.observe(document, { subtree: true, childList: true, characterData: true });
"""


def measure(quick: bool) -> list[Row]:
    """Rows of the pixels, and of the first row at two sizes of the store."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("\nlive_page: skipped, no chromium (apt-get install chromium)")
        return []
    sizes = (200,) if quick else (1_000, 1_000_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGS)
        try:
            rows = [*_pixels(browser, 4 if quick else 40)]
            for size in sizes:
                rows += _first_rows(browser, size, 2 if quick else 8)
        finally:
            browser.close()
    return rows


@contextmanager
def _service(url: str) -> Iterator[str]:
    """The address of the API and its peer."""
    with tempfile.TemporaryDirectory() as folder:
        args = [sys.executable, "-m", "tests.benchmarks.page_service", url]
        service = Service(args, log=Path(folder) / "service.log")
        try:
            yield service.start().wait_for_log(LISTENS)[0]
        finally:
            service.stop()


def _opened(browser: Browser, address: str, script: str) -> Page:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(script)
    page = context.new_page()
    page.goto(address)
    return page


def _pixels(browser: Browser, values: int) -> Iterator[Row]:
    """A worker's update() until its message is on the screen, on three kinds of page."""
    with EmbeddedServer() as server, _service(server.url) as address, workers() as start:
        start(server.url, INTERVAL_S, 1)
        app = Celery("front", broker=server.url, set_as_current=False)
        for name, path in (
            ("the list", ""),
            ("a task's page", "task/{}"),
            ("the element", "element/{}"),
        ):
            job = app.send_task("timed_job", (MOST_VALUES, *PAUSE_MS)).id
            status = f"{address}/internal/task/{job}/status"
            eventually(lambda at=status: httpx.get(at, trust_env=False).is_success, WAIT_S)
            page = _opened(browser, f"{address}/{path.format(job)}", _PIXELS)

            def enough(page: Page = page) -> bool:
                return len(page.evaluate("late")) >= values

            eventually(enough, WAIT_S, what=f"{name} shows a job's values")
            late = page.evaluate("late")
            page.context.close()
            httpx.post(f"{address}/internal/task/{job}/cancel", trust_env=False)
            middle, tenth = median(late), quantiles(late, n=10)[-1]
            yield Row(
                what=f"a worker's update() to the pixel on {name}, median",
                unit="ms",
                figures={OURS: middle, ALLOWED: PIXEL_MS},
                peer=ALLOWED,
                ratio=middle / PIXEL_MS,
                target=1,
                notes=(
                    f"{len(late)} values, {PAUSE_MS[0]}-{PAUSE_MS[1]} ms apart, from the call in "
                    f"the job to the task after the frame; slowest tenth {tenth:.1f} ms",
                ),
            )
        app.close()


def _first_rows(browser: Browser, size: int, rounds: int) -> Iterator[Row]:
    """The list's first row beside that of a page that has nothing else."""
    with EmbeddedServer() as server, _service(server.url) as address:
        with Store(Settings(redis_url=server.url)) as store:
            mixed(store, size)

        def shown(path: str, again: bool) -> Callable[[], float]:
            def once() -> float:
                page = _opened(browser, address + path, _FIRST_ROW)
                eventually(lambda: page.evaluate("window.shown"), WAIT_S, what=f"a row of {path}")
                if again:
                    page.reload()
                    eventually(lambda: page.evaluate("window.shown"), WAIT_S, what="a row again")
                at = float(page.evaluate("shown"))
                page.context.close()
                return at

            return once

        for again, visit in ((False, "first visit"), (True, "next visit")):
            sides = {OURS: shown("/", again), EMPTY: shown("/empty", again)}
            times = Rounds.of(sides, rounds)
            yield Row(
                what=f"first row of the list, {visit}, {size:,} tasks",
                unit="ms",
                figures=times.medians(),
                peer=EMPTY,
                ratio=times.ratio(OURS, EMPTY),
                target=1.5,
                notes=(
                    "from the beginning of the navigation to the task after the frame",
                    times.spread(OURS, EMPTY),
                ),
            )
