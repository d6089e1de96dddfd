"""Pages of another origin, as the quick start has them: each server real, the page in a browser."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.conftest import StartService, missing
from tests.docs.conftest import walk
from tests.docs.reading import Block, blocks
from tests.docs.walking import Walk
from tests.ports import free_port
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

__all__ = ["walk"]

pytestmark = pytest.mark.integration
QUICK_START = "docs/quick-start.md"
SECTION = "From a page of another origin"
READERS = """
const bar = document.createElement("progress"), label = document.createElement("output");
bar.max = 100;
document.body.append(bar, label);
const taskId = "{task_id}";
"""


def example(number: int, task_id: str, address: str) -> str:
    """One of the two blocks for browsers, with the reader's elements and id."""
    text = blocks(QUICK_START, "Reading the record", "js")[number].text
    text = text.replace("127.0.0.1:8004", address)
    return "() => {" + READERS.replace("{task_id}", task_id) + text + "}"


def both_work(page: Page, api: RunningApi | Walk, address: str | None = None) -> None:
    """The bar of the first block moves, and the second block tells of it."""
    address = address or f"127.0.0.1:{api.port}"
    body = {"task_type": "t", "total_items": 4}
    task_id = api.http.post("/internal/create-task", json=body).json()["task_id"]
    told: list[str] = []
    page.on("console", lambda line: told.append(line.text))
    page.evaluate(example(0, task_id, address))
    page.evaluate(example(1, task_id, address))
    update = {"status": "running", "current_items": 1, "message": "one"}
    api.http.put(f"/internal/task/{task_id}/update", json=update)
    expect(page.locator("output").first).to_have_text("running: one")

    def said() -> bool:
        page.wait_for_timeout(20)  # Playwright hears only while it is asked
        return any("current: 1" in line for line in told)

    eventually(said, what=f"the event stream's figures in {told}")


def named_origins() -> str:
    (block,) = blocks(QUICK_START, SECTION, "sh")
    first, second = block.text.splitlines()
    assert second == "progress-backend serve -A tasks"
    return first.removeprefix("export PROGRESS_ALLOWED_ORIGINS=")


@pytest.fixture
def somewhere(tmp_path: Path, start_service: StartService) -> int:
    """The port of a page that another server serves."""
    folder, port = tmp_path / "page", free_port()
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Elsewhere</title><body></body>")
    words = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", str(folder)]
    start_service([*words, str(port)])
    eventually(lambda: answers(port), what="the page is served")
    return port


def answers(port: int, path: str = "/", host: str = "127.0.0.1") -> bool:
    try:
        return httpx.get(f"http://{host}:{port}{path}", trust_env=False).status_code < 500
    except httpx.TransportError:
        return False


def test_an_origin_that_is_named(
    start_api: StartApi, open_page: OpenPage, redis_url: str, somewhere: int
) -> None:
    origins = named_origins().replace("8000", str(somewhere)).split(",")
    api = start_api(redis_url=redis_url, allowed_origins=tuple(origins))
    page = open_page(f"http://127.0.0.1:{somewhere}")
    both_work(page, api)


def test_an_element_of_an_origin_that_is_not_named_says_so_in_the_console(
    start_api: StartApi, open_page: OpenPage, redis_url: str, somewhere: int
) -> None:
    api = start_api(redis_url=redis_url)
    page = open_page(f"http://127.0.0.1:{somewhere}", tolerated="<task-progress>")
    told: list[str] = []
    page.on("console", lambda line: told.append(line.text))
    page.evaluate(
        """([base, id]) => {
            const tag = document.createElement("script");
            [tag.type, tag.src] = ["module", `${base}/static/task-progress.js`];
            document.head.append(tag);
            document.body.innerHTML = `<task-progress task-id="${id}"></task-progress>`;
        }""",
        [f"http://127.0.0.1:{api.port}", api.create()],
    )

    def said() -> bool:
        page.wait_for_timeout(20)  # Playwright hears only while it is asked
        return any("PROGRESS_ALLOWED_ORIGINS" in line for line in told)

    eventually(said, what=f"the setting in {told}")


def test_an_origin_that_is_not_named_gives_up_and_is_told_why(
    start_api: StartApi, open_page: OpenPage, redis_url: str, somewhere: int
) -> None:
    api = start_api(redis_url=redis_url)
    task_id = api.create()
    page = open_page(f"http://127.0.0.1:{somewhere}", tolerated="Access to")
    page.evaluate(
        "() => { window.Kept = WebSocket; window.opened = [];"
        " window.WebSocket = class extends Kept { constructor(url) { super(url); opened.push(this);"
        " this.addEventListener('close', (event) => { this.why = event.reason; }); } } }"
    )
    page.evaluate(example(0, task_id, f"127.0.0.1:{api.port}"))
    why = eventually(lambda: page.evaluate("opened[0]?.why"))
    assert "PROGRESS_ALLOWED_ORIGINS" in why
    page.wait_for_timeout(2_000)  # longer than the example's longest pause
    assert page.evaluate("opened.length") == 1


def test_djangos_development_server(walk: Walk, open_page: OpenPage) -> None:
    """The project of the quick start; its page asks the API on another port."""
    port = free_port()
    for block in blocks(QUICK_START, "Django"):
        if block.language == "python":
            text = block.text.replace(":8000", f":{port}")
            walk.write(Block(block.document, block.line, block.section, block.language, text))
    walk.run(Block(QUICK_START, 0, "Django", "sh", "progress-backend serve -A proj\n"))
    walk.variables["DJANGO_SETTINGS_MODULE"] = "proj.settings"
    walk.start(f"python -m django runserver --noreload 127.0.0.1:{port}")
    eventually(lambda: answers(port), 30, what="Django serves")
    # Its page of a missing path: any page of that origin.
    page = open_page(f"http://127.0.0.1:{port}")
    both_work(page, walk)


@pytest.fixture
def vite() -> Path:
    """Where npm has put Vite; PROGRESS_TEST_VITE names another folder of packages."""
    node = shutil.which("node")
    folder = Path(os.environ.get("PROGRESS_TEST_VITE", "node_modules"))
    if node is None or not (folder / "vite").is_dir():
        pytest.skip("no Vite (npm install vite; PROGRESS_TEST_VITE=…/node_modules)")
    return folder / "vite" / "bin" / "vite.js"


def test_vites_development_server(
    vite: Path,
    tmp_path: Path,
    start_api: StartApi,
    start_service: StartService,
    open_page: OpenPage,
    redis_url: str,
) -> None:
    """With the proxy of the quick start nothing is named: page and API are one origin."""
    api, port = start_api(redis_url=redis_url), free_port()
    (config,) = blocks(QUICK_START, SECTION, "js")
    assert config.text.startswith("// vite.config.js\n")
    text, count = re.subn(":8004", f":{api.port}", config.text)
    assert count == 1
    (tmp_path / "vite.config.mjs").write_text(text)
    (tmp_path / "index.html").write_text("<!doctype html><title>Vite</title><body></body>")
    node = shutil.which("node") or missing("node")
    start_service([node, str(vite), "--port", str(port), "--strictPort"], cwd=tmp_path)
    eventually(lambda: answers(port, host="localhost"), 30, what="Vite serves")
    page = open_page(f"http://localhost:{port}")
    both_work(page, api, "${location.host}")
