"""<task-progress> in pages of React and Vue, and HTML fragments in those of htmx, in a real
browser. The builds are npm's, in `vendor`."""

import html
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect
from starlette.staticfiles import StaticFiles

from progress_backend import Settings
from progress_backend.web import router
from tests.browser.conftest import OpenPage
from tests.docs.reading import blocks
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

VENDOR = Path(__file__).parent / "vendor"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A site's files."""
    for file in VENDOR.glob("*.js"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
def site(folder: Path) -> Iterator[str]:
    """The site's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def api(start_api: StartApi, redis_url: str, site: str) -> RunningApi:
    return start_api(redis_url=redis_url, allowed_origins=(site,), locale="en")


def page_of(head: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A shop</title>'
        f'<link rel="icon" href="data:,">{head}<body>{body}</body></html>'
    )


REACT = """
import { createElement, createRoot, useEffect, useRef, useState } from "./react.min.js";
function Shop() {
  const [id, setId] = useState("{first}");
  const [ended, setEnded] = useState("");
  const bar = useRef(null);
  useEffect(() => {
    const heard = (event) => setEnded(event.detail.status);
    bar.current.addEventListener("end", heard);
    return () => bar.current?.removeEventListener("end", heard);
  }, []);
  return createElement("main", null,
    createElement("task-progress", { "task-id": id, ref: bar }),
    createElement("output", null, ended),
    createElement("button", { onClick: () => setId("{second}") }, "Next"));
}
createRoot(document.querySelector("#app")).render(createElement(Shop));
"""
VUE = """
import { createApp, h, ref } from "./vue.min.js";
createApp({
  setup() {
    const id = ref("{first}"), ended = ref("");
    return () => h("main", [
      h("task-progress", {
        "task-id": id.value, onEnd: ({ detail }) => (ended.value = detail.status) }),
      h("output", ended.value),
      h("button", { onClick: () => (id.value = "{second}") }, "Next")]);
  },
}).mount("#app");
"""


@pytest.mark.parametrize(
    "script",
    [pytest.param(REACT, id="React 19"), pytest.param(VUE, id="Vue 3", marks=pytest.mark.long)],
)
def test_a_component_that_shows_one_task_then_another(
    api: RunningApi, site: str, folder: Path, open_page: OpenPage, script: str
) -> None:
    first, second = api.create(), api.create(symbol="6758.T")
    script = script.replace("{first}", first).replace("{second}", second)
    (folder / "shop.js").write_text(script)
    body = '<div id="app"></div><script type="module" src="shop.js"></script>'
    script_url = f"http://127.0.0.1:{api.port}/static/task-progress.js"
    (folder / "index.html").write_text(
        page_of(f'<script type="module" src="{script_url}"></script>', body)
    )
    page = open_page(site)
    name = page.locator("task-progress [part=name]")
    expect(name).to_have_text("fetch_data 7203.T")
    page.get_by_role("button", name="Next").click()
    expect(name).to_have_text("fetch_data 6758.T")
    api.update(second, current_items=63)
    expect(page.locator("task-progress [part=figures]")).to_have_text("25% · 63 / 252")
    api.update(second, status="completed")
    expect(page.locator("output")).to_have_text("completed")


def test_a_frame_as_streamlit_makes_one(
    api: RunningApi, site: str, folder: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Streamlit itself is not installed: its `iframe` puts a text into such a frame."""
    framed: list[tuple[str, int]] = []

    def iframe(src: str, *, height: int) -> None:
        framed.append((src, height))

    monkeypatch.setitem(sys.modules, "streamlit", SimpleNamespace(iframe=iframe))
    (block,) = blocks("docs/element.md", "In templates and frameworks", "python")
    names: dict[str, Any] = {}
    exec(block.text.replace("http://127.0.0.1:8004", f"http://127.0.0.1:{api.port}"), names)
    task_id = api.create()
    names["show"](task_id)
    ((src, height),) = framed
    frame = f'<iframe srcdoc="{html.escape(src)}" height="{height}" title="Progress"></iframe>'
    (folder / "index.html").write_text(page_of("", frame))
    page = open_page(site)
    bar = page.frame_locator("iframe").locator("task-progress")
    expect(bar.locator("[part=name]")).to_have_text("fetch_data 7203.T")
    api.update(task_id, current_items=63)
    expect(bar.locator("[part=figures]")).to_have_text("25% · 63 / 252")
    scrolled = "document.documentElement.scrollHeight <= document.documentElement.clientHeight"
    assert bar.evaluate(f"() => {scrolled}"), "the frame is too low for it"


STREAM = """<div hx-ext="sse" sse-connect="/internal/task/{id}/events?events=html"
  sse-swap="progress,end" sse-close="end"></div>"""
POLL = """<div hx-get="/internal/task/{id}/status" hx-trigger="load, every 300ms"
  hx-headers='{"Accept": "text/html"}'></div>"""


@pytest.mark.parametrize("tag", [STREAM, POLL], ids=["event stream", "reads"])
def test_htmx_alone(
    start_api: StartApi, redis_url: str, folder: Path, open_page: OpenPage, tag: str
) -> None:
    """In a page of the API's own origin, as that of an application which includes the router."""
    own = FastAPI(docs_url=None)
    own.state.progress_settings = Settings(redis_url=redis_url, locale="en")
    own.include_router(router)
    own.mount("/shop", StaticFiles(directory=folder, html=True))
    api = start_api(own)
    task_id = api.create()
    head = '<script src="htmx.min.js"></script><script src="sse.min.js"></script>'
    (folder / "index.html").write_text(page_of(head, tag.replace("{id}", task_id)))
    asked: list[str] = []
    page = open_page(api, "/shop/")
    page.on("request", lambda request: asked.append(request.url))
    expect(page.locator(".task-progress .name")).to_have_text("fetch_data 7203.T")
    api.update(task_id, current_items=63, message="<b>page</b> 1 of 4")
    expect(page.locator(".task-progress .figures")).to_have_text("25.0% · 63 / 252")
    expect(page.locator(".task-progress .message")).to_have_text("<b>page</b> 1 of 4")
    api.update(task_id, status="completed")
    expect(page.locator(".task-progress")).to_have_attribute("data-final", "true")
    expect(page.locator(".task-progress .status")).to_have_text("Completed")
    asked.clear()
    page.wait_for_timeout(1_500)
    assert asked == []  # the end is the end
