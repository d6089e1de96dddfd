"""The page beside a real worker: jobs appear, move and end on it."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from celery import Celery
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, marked, never_loaded_again, shows
from tests.servers import Server, Worker
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


class Jobs:
    """Starts the worker's jobs, from a process that neither tracks nor waits; their ids."""

    def __init__(self, store: Server) -> None:
        self._app = Celery("front", broker=store.url, set_as_current=False)
        self._store_url = store.url

    def fetch(self, symbol: str, total: int, seconds: float, go: Path) -> str:
        args = (symbol, total, seconds, str(go))
        return str(self._app.send_task("tests.browser.app.fetch_data", args).id)

    def close(self) -> None:
        self._app.close()


@pytest.fixture
def jobs(worker: Worker, store: Server) -> Iterator[Jobs]:
    with closing(Jobs(store)) as jobs:
        yield jobs


@pytest.fixture
def api(start_api: StartApi, store: Server) -> RunningApi:
    return start_api(redis_url=store.url)


@pytest.fixture
def page(open_page: OpenPage, api: RunningApi) -> Page:
    page = open_page(api)
    is_live(page)
    marked(page)
    return page


def test_a_job_appears_moves_and_reaches_100_percent(
    page: Page, jobs: Jobs, tmp_path: Path
) -> None:
    job = jobs.fetch("7203.T", 252, 2, tmp_path / "go")
    bar = shows(page, job, "running").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "50")
    (tmp_path / "go").touch()
    ended = shows(page, job, "completed")
    for text in ("7203.T fetch_data", "100%", "252 / 252", "Completed"):
        expect(ended).to_contain_text(text)
    expect(ended).to_contain_text(re.compile(r"took (?!0:0[01])\d+:\d\d"))
    expect(bar).to_have_count(0)
    expect(ended.locator(".actions button")).to_have_count(0)
    never_loaded_again(page)
