"""A real Chromium, a real Firefox, and a system for them to look at.

The browsers are the system's own (apt-get install chromium firefox-esr). Nothing here may be
asyncio's: while Playwright runs, its loop counts as the thread's running one.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.firefox import Firefox
from tests.browser.sites import Site
from tests.conftest import missing
from tests.records import Records
from tests.servers import Server, Worker
from tests.web.conftest import start_api
from tests.web.serving import RunningApi
from tests.web.shared_api import api, shared_api

__all__ = ["api", "shared_api", "start_api"]

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names of others, which may lead here (DNS rebinding).
    "--host-resolver-rules=MAP *.test 127.0.0.1",
    # What newer browsers do against such names: the service has to hold by itself. And pages of the
    # address bar, which each window would load beside ours.
    "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,"
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]
#: What the browser itself complains of where the API refuses or is away. Of an endpoint each test
#: takes it, for a page says so itself; of what a page is made of, tests that end the API.
AWAY = ("Failed to load resource", "WebSocket connection to")
ENDPOINT = "/internal/"

#: Longest wait for what a page is to show, however busy the machine is.
WAIT_MS = 60_000
expect.set_options(timeout=WAIT_MS)

#: A folder where the last picture of each page is kept, for a person to look at.
PICTURES = os.environ.get("PROGRESS_TEST_PICTURES")

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("chromium (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if binary is None:
        missing("Firefox (apt-get install firefox-esr)")
    firefox = Firefox(binary, tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


@pytest.fixture
def site() -> Iterator[Site]:
    """A page of another origin than the API's."""
    with Site() as site:
        yield site


def kept(test: str, number: int, picture: Callable[[], bytes]) -> None:
    """Keeps a page's picture where `PROGRESS_TEST_PICTURES` is set."""
    if PICTURES:
        name = re.sub(r"\W+", "-", test).strip("-")
        Path(PICTURES, f"{name}-{number}.png").write_bytes(picture())


@pytest.fixture
def open_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """Open the live page of an API; options as a browser context's.

    What the browser complains of fails the test, unless it begins with what is `tolerated`; a
    failing test's report has all of it.
    `wait_for_function` evaluates a text in the page, which our policy forbids at its second look:
    a wait uses `expect` or `eventually`.
    """
    complaints: list[str] = []
    contexts = []

    def opened(
        api: RunningApi | str,
        path: str = "/",
        *,
        tolerated: tuple[str, ...] = (),
        **options: object,
    ) -> Page:
        def complain(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning"):
                text = f"{message.text} ({message.location['url']})"
                print(text)
                if not text.startswith((*tolerated, *(AWAY if ENDPOINT in text else ()))):
                    complaints.append(text)

        context = browser.new_context(**{"locale": "en-US", **options})
        contexts.append(context)
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        base = api if isinstance(api, str) else f"http://127.0.0.1:{api.port}"
        page.goto(base + path)
        return page

    yield opened
    for number, context in enumerate(contexts):
        kept(request.node.name, number, context.pages[-1].screenshot)
        # A route's answer that is still on its way when the test ends has no page any more.
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()
    assert complaints == []


@pytest.fixture(scope="package")
def store() -> Iterator[Server]:
    """The worker's, shared by the tests that need one: each looks at tasks of its own."""
    with Server() as server:
        yield server


@pytest.fixture(scope="package")
def worker(store: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    names = ("CELERY_BROKER_URL", "CELERY_RESULT_BACKEND", "PROGRESS_REDIS_URL")
    env = {**dict.fromkeys(names, store.url), "PROGRESS_UPDATE_INTERVAL_S": "0.1"}
    log = tmp_path_factory.mktemp("browser") / "worker.log"
    worker = Worker("tests.browser.app", log=log, pool="threads", concurrency=2, env=env)
    yield worker.start()
    worker.stop()


@pytest.fixture
def records(redis_url: str) -> Records:
    """Writes into the test's store, in English."""
    return Records(redis_url, locale="en")
