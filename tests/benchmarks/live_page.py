"""What a person sees and when, in the system's own Chromium; skipped without one.

An instant of a page is that of the first task after the frame that shows a change, by the clock of
this machine, which worker and browser share.
"""

from __future__ import annotations

import itertools
import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from celery import Celery
from playwright.sync_api import Browser, Page, sync_playwright

from progress_backend.embedded import EmbeddedServer
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.servers import Service
from tests.waiting import eventually

from .cloned_records import mixed, running
from .http_peers import LISTENS
from .jobs import workers
from .rounds import Rounds
from .row import Row

OURS, EMPTY, ALLOWED = "live page", "empty page, one fetch", "allowed"
PIXEL_MS, FRAME_MS, LIST_BYTES = 50, 20, 20_000
#: As often as a job's values are written at most, and the pauses between them.
INTERVAL_S, PAUSE_MS = 0.05, (150, 350)
#: Tasks that run at the same time, each with a value a second.
RUNNING = 500
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
_FRAMES = """(ms) => new Promise((done) => {
  const frames = [], end = performance.now() + ms;
  let last = null;
  const frame = (now) => {
    if (last !== null) frames.push(now - last);
    last = now;
    if (now < end) requestAnimationFrame(frame);
    else done(frames);
  };
  requestAnimationFrame(frame);
})"""
_LIST_READS = """() => performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/internal/"))
  .map(({ name, encodedBodySize }) => [new URL(name).pathname, encodedBodySize])"""


def measure(quick: bool) -> list[Row]:
    """Rows of the pixels, of the first row at two sizes of the store, of frames and of bytes."""
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
            rows += _frames(browser, 500 if quick else 10_000)
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
            middle = median(late)
            yield Row(
                what=f"a worker's update() to the pixel on {name}, median",
                unit="ms",
                figures={OURS: middle, ALLOWED: PIXEL_MS},
                peer=ALLOWED,
                ratio=middle / PIXEL_MS,
                target=1,
                notes=(
                    f"{len(late)} values, {PAUSE_MS[0]}-{PAUSE_MS[1]} ms apart, from the call in "
                    f"the job to the task after the frame; slowest tenth {_tenth(late):.1f} ms",
                ),
            )
        app.close()


def _tenth(values: list[float]) -> float:
    return quantiles(values, n=10)[-1]


def _first_rows(browser: Browser, size: int, rounds: int) -> Iterator[Row]:
    """The list's first row beside that of a page that has nothing else; the weight of its reads."""
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
        page = _opened(browser, f"{address}/", _FIRST_ROW)
        eventually(lambda: page.locator("tr[data-task-id]").count() == 20, WAIT_S)
        reads = page.evaluate(_LIST_READS)
        page.context.close()
    weight = sum(size for _, size in reads)
    yield Row(
        what=f"what the list's page reads of the API, {size:,} tasks",
        unit="bytes",
        figures={OURS: weight, ALLOWED: LIST_BYTES},
        peer=ALLOWED,
        ratio=weight / LIST_BYTES,
        target=1,
        notes=(f"20 rows, gzipped as sent: {json.dumps(reads)}",),
    )


def _frames(browser: Browser, ms: int) -> Iterator[Row]:
    """Frames while each of many running tasks writes a value a second."""
    with EmbeddedServer() as server, _service(server.url) as address:
        with Store(Settings(redis_url=server.url)) as store:
            store.ready()
            ids = running(store, RUNNING)
        over = threading.Event()
        written = itertools.count()
        writer = threading.Thread(target=_write, args=(server.url, ids, over, written))
        page = _opened(browser, f"{address}/?status=running", "")
        eventually(lambda: page.locator("tr[data-task-id]").count() == 20, WAIT_S)
        writer.start()
        try:
            page.wait_for_timeout(min(ms, 2_000))
            frames: Any = page.evaluate(_FRAMES, ms)
        finally:
            over.set()
            writer.join()
        page.context.close()
    slow = quantiles(frames, n=20)[-1]
    yield Row(
        what=f"a frame of the list while {RUNNING} tasks run, p95",
        unit="ms",
        figures={OURS: slow, ALLOWED: FRAME_MS},
        peer=ALLOWED,
        ratio=slow / FRAME_MS,
        target=1,
        notes=(
            f"{1000 * len(frames) / sum(frames):.0f} frames a second in {ms / 1000:g} s, each task "
            f"with a value a second ({next(written)} values in all), longest {max(frames):.0f} ms",
        ),
    )


def _write(url: str, ids: list[str], over: threading.Event, written: Iterator[int]) -> None:
    """A value a task and second, as its worker writes it."""
    bases: dict[str, Any] = {}
    with Store(Settings(redis_url=url)) as store:
        began = time.monotonic()
        for number, task_id in enumerate(itertools.cycle(ids)):
            if over.wait(max(0.0, began + number / len(ids) - time.monotonic())):
                return
            event = ev.Progressed(current=150 + number // len(ids), message=f"value {number}")
            flow = store.flows.apply(task_id, (event,), store.now(), base=bases.get(task_id))
            bases[task_id] = store.run(flow).base
            next(written)
