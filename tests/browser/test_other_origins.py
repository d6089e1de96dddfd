"""Pages of another origin, as the quick start has them, in a browser."""

import os
import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.sites import Site
from tests.browser.test_quick_start import READERS
from tests.conftest import StartService, missing
from tests.docs.reading import blocks
from tests.ports import free_port
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration
QUICK_START = "docs/quick-start.md"
SECTION = "From a page of another origin"


def example(number: int, task_id: str, address: str) -> str:
    """One of the two blocks for browsers, with the reader's elements and id."""
    text = blocks(QUICK_START, "Reading the record", "js")[number].text
    text = text.replace("127.0.0.1:8004", address)
    return "() => {" + READERS.replace("{task_id}", task_id) + text + "}"


def both_work(page: Page, api: RunningApi, address: str) -> None:
    """The bars of both blocks move."""
    task_id = api.create()
    page.evaluate(example(0, task_id, address))
    page.evaluate(example(1, task_id, address))
    api.update(task_id, current_items=1, message="one")
    expect(page.locator("output").first).to_have_text("running: one")
    expect(page.locator("progress").last).to_have_js_property("value", 0.3)


def an_element_prints(page: Page, api: RunningApi, text: str) -> None:
    """A <task-progress> that is put into the page, in the console."""
    printed: list[str] = []
    page.on("console", lambda line: printed.append(line.text))
    tag = f'<task-progress task-id="{api.create()}"></task-progress>'
    page.evaluate("(tag) => { document.body.innerHTML = tag; }", tag)

    def found() -> bool:
        page.wait_for_timeout(20)  # Playwright receives only while it is called
        return any(text in line for line in printed)

    eventually(found, what=f"{text} in {printed}")


def test_an_origin_that_is_named(
    start_api: StartApi, open_page: OpenPage, redis_url: str, site: Site
) -> None:
    (block,) = blocks(QUICK_START, SECTION, "sh")
    first, second = block.text.splitlines()
    assert second == "progress-backend serve -A tasks"
    origins = first.removeprefix("export PROGRESS_ALLOWED_ORIGINS=")
    named = tuple(origins.replace("8000", str(site.port)).split(","))
    api = start_api(redis_url=redis_url, allowed_origins=named)
    both_work(open_page(site("", api)), api, f"127.0.0.1:{api.port}")


def test_an_element_of_an_origin_that_is_not_named_says_so_in_the_console(
    api: RunningApi, open_page: OpenPage, site: Site
) -> None:
    page = open_page(site("", api), tolerated=("<task-progress>",))
    an_element_prints(page, api, "PROGRESS_ALLOWED_ORIGINS")


def test_an_element_of_a_file_says_in_the_console_what_to_do(
    api: RunningApi, open_page: OpenPage, tmp_path: Path
) -> None:
    script = f"http://127.0.0.1:{api.port}/static/task-progress.js"
    file = tmp_path / "page.html"
    file.write_text(f'<!doctype html><script type="module" src="{script}"></script><body></body>')
    page = open_page(file.as_uri(), "", tolerated=("<task-progress>",))
    an_element_prints(page, api, "serve it by http and add that origin to PROGRESS_ALLOWED_ORIGINS")


def test_a_refused_origins_socket_closes_with_the_reason(
    api: RunningApi, open_page: OpenPage, site: Site
) -> None:
    task_id = api.create()
    page = open_page(site("", api), tolerated=("Access to",))
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


def test_vites_development_server(
    tmp_path: Path, api: RunningApi, start_service: StartService, open_page: OpenPage
) -> None:
    """With the proxy of the quick start nothing is named: page and API are one origin.

    Vite is where npm has put it; PROGRESS_TEST_VITE names another folder of packages.
    """
    vite = Path(os.environ.get("PROGRESS_TEST_VITE", "node_modules"), "vite", "bin", "vite.js")
    if shutil.which("node") is None or not vite.exists():
        pytest.skip("no Vite (npm install vite; PROGRESS_TEST_VITE=…/node_modules)")
    (config,) = blocks(QUICK_START, SECTION, "js")
    assert config.text.startswith("// vite.config.js\n")
    text, count = re.subn(":8004", f":{api.port}", config.text)
    assert count == 1
    (tmp_path / "vite.config.mjs").write_text(text)
    (tmp_path / "index.html").write_text(
        '<!doctype html><title>Vite</title><link rel="icon" href="data:,"><body></body>'
    )
    port, node = free_port(), shutil.which("node") or missing("node")
    start_service([node, str(vite), "--port", str(port), "--strictPort"], cwd=tmp_path)

    def serves() -> bool:
        try:
            return httpx.get(f"http://localhost:{port}/", trust_env=False).is_success
        except httpx.TransportError:
            return False

    eventually(serves, what="Vite serves")
    outside = {"X-Forwarded-For": "192.0.2.2"}  # Vite adds the address of its client to it
    url = f"http://localhost:{port}/internal/tasks"
    assert httpx.get(url, headers=outside, trust_env=False).status_code == 403
    both_work(open_page(f"http://localhost:{port}"), api, "${location.host}")
