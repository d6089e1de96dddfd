"""The pages and the element in Firefox as well: they load, move and end there, and it complains of
nothing. What they do in detail is proved in Chromium."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest

from progress_backend import sign
from progress_backend.credentials.tokens import new
from progress_backend.settings import Settings
from tests.browser.firefox import Firefox, Tab
from tests.browser.sites import Site
from tests.browser.test_axe import AXE
from tests.browser.test_task_list import SCRIPT
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

KEY = "a key of the shop, long enough for it"
#: What Firefox itself says of a socket that a page leaves, or of a server that is away.
LEFT = ("The connection to ws://", "Firefox can’t establish a connection")


#: What axe complains of. As a command of the browser it is free of the page's policy.
COMPLAINTS = (
    f"async () => {{ {AXE};"
    "const place = document.querySelector('task-progress, task-list') ?? document;"
    "const { violations } = await axe.run(place, { resultTypes: ['violations'] });"
    "return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`); }"
)


@pytest.fixture
def calm(firefox: Firefox) -> Iterator[Firefox]:
    """What it complains of fails the test."""
    firefox.complaints.clear()
    yield firefox
    assert [text for text in firefox.complaints if not text.startswith(LEFT)] == []


def opened(firefox: Firefox, api: RunningApi, path: str) -> AbstractContextManager[Tab]:
    return firefox.tab(f"http://127.0.0.1:{api.port}{path}")


@pytest.mark.parametrize("path", ["/?lang=en", "/task/job?lang=en", "/workflow/flow?lang=en"])
def test_a_page_is_live_to_the_end(
    api: RunningApi, records: Records, calm: Firefox, path: str
) -> None:
    records.member("job", "flow", name="nightly")
    records.run("job")
    records.log("job", "252 days to fetch")
    name = "fetch_data" if "task" in path else "nightly"
    with opened(calm, api, path) as tab:
        tab.shows(name, "Running", "Live")
        records.progress("job", 63, "page 1 of 4")
        tab.shows("25%")
        assert tab.evaluate(COMPLAINTS) == []
        records.complete("job")
        tab.shows("Completed", "100%")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/?lang=en&status=error", "2 ×"),
        ("/?lang=en&warning=stalled&case=first", "Copy for the incident"),
        ("/task/job?lang=ja", "終了を通知"),
        ("/?lang=en&view=workers", "Workers"),
        ("/task/failed0?lang=en", "What is wrong"),
    ],
)
def test_axe_complains_of_nothing(
    api: RunningApi, records: Records, calm: Firefox, path: str, text: str
) -> None:
    records.start("job")
    records.warning("job", stalled=datetime.now(UTC))
    for name in ("failed0", "failed1"):
        records.start(name)
        records.fail(name, f"cannot read '{name}'")
    with opened(calm, api, path) as tab:
        tab.shows(text)
        assert tab.evaluate(COMPLAINTS) == []


def test_an_element_of_another_origin_under_a_strict_policy(
    start_api: StartApi, redis_url: str, records: Records, site: Site, calm: Firefox
) -> None:
    """With a token for the one task alone."""
    _, token = new("shop", "write")
    about = {"redis_url": redis_url, "allowed_origins": (site.origin,), "locale": "en"}
    api = start_api(**about, tokens=(token.line(),), signing_keys=(KEY,))
    records.start("job")
    shared = sign(task_id="job", settings=Settings(signing_keys=(KEY,)))
    tag = f'<task-progress task-id="job" token="{shared}"></task-progress>'
    with calm.tab(site(tag, api)) as tab:
        tab.shows("fetch_data 7203.T", "Running")
        records.progress("job", 63, "page 1 of 4")
        tab.shows("25% · 63 / 252", "page 1 of 4")
        assert tab.evaluate(COMPLAINTS) == []
        records.complete("job")
        tab.shows("Completed", "100%")


def test_axe_complains_of_no_list_of_jobs(
    start_api: StartApi, redis_url: str, records: Records, site: Site, calm: Firefox
) -> None:
    api = start_api(redis_url=redis_url, allowed_origins=(site.origin,), locale="en")
    records.start("job", owner="alice")
    tag = '<task-list owner="alice"></task-list>'
    with calm.tab(site(SCRIPT.format(port=api.port) + tag, api)) as tab:
        place = "document.querySelector('task-list').shadowRoot"
        there = f"() => {place}?.querySelector('task-progress') != null"
        eventually(lambda: tab.evaluate(there), what="Firefox shows the job")
        assert tab.evaluate(COMPLAINTS) == []
