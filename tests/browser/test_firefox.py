"""The pages and the element in Firefox: what people do with them, and how they look to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from progress_backend import sign
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.tokens import new
from tests.browser.conftest import kept
from tests.browser.firefox import Firefox, Tab
from tests.browser.sites import Site
from tests.records import Records
from tests.servers import Server, Worker
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

Open = Callable[..., "contextmanager[Tab]"]
W = "the-group"
KEY = "a key of the shop, long enough for it"
#: What Firefox itself says of a socket that a page leaves, or of a server that is away.
LEFT = ("The connection to ws://", "Firefox can’t establish a connection")


@pytest.fixture
def opened(firefox: Firefox, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Open a page of an API in Firefox; what it complains of fails the test."""
    count = 0

    @contextmanager
    def tab(api: RunningApi | str, path: str = "/", **options: object) -> Iterator[Tab]:
        nonlocal count
        base = api if isinstance(api, str) else f"http://127.0.0.1:{api.port}"
        with firefox.tab(base + path, **options) as tab:
            yield tab
            count += 1
            kept(request.node.name, count, tab.screenshot)

    firefox.complaints.clear()
    yield tab
    assert [text for text in firefox.complaints if not text.startswith(LEFT)] == []


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url, locale="en")


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, locale="en")


def test_a_whole_job_from_created_to_completed(
    store: Server, worker: Worker, start_api: StartApi, opened: Open
) -> None:
    from tests.browser.app import app, fetch_data

    app.conf.update(broker_url=store.url, result_backend=store.url)
    api = start_api(redis_url=store.url)
    with opened(api, "/?lang=en") as tab:
        tab.shows("Live")
        tab.evaluate("() => { window.marked = true; }")
        job = fetch_data.apply_async(("7203.T", 252, 2), countdown=1).id
        row = f"() => document.querySelector('[data-task-id=\"{job}\"]')?.innerText ?? ''"
        seen: list[str] = []

        def done() -> bool:
            now = str(tab.evaluate(row))
            seen.append(now)
            return "Completed" in now

        eventually(done, 60, what="the job is completed")
        words = ("Created", "Running", "Completed")
        first = [next(i for i, text in enumerate(seen) if word in text) for word in words]
        assert first == sorted(first)
        assert any("%" in text and "100%" not in text for text in seen), "it moves"
        for text in ("fetch_data 7203.T", "100%", "252 / 252"):
            assert text in seen[-1]
        assert tab.evaluate("() => window.marked"), "the page was loaded again"


def test_an_element_of_another_origin_under_a_strict_policy(
    start_api: StartApi, redis_url: str, records: Records, site: Site, opened: Open
) -> None:
    """With a token for the one task alone, and a cancel that may not be."""
    _, token = new("shop", "write")
    about = {"redis_url": redis_url, "allowed_origins": (site.origin,), "locale": "en"}
    api = start_api(**about, tokens=(token.line(),), signing_keys=(KEY,))
    records.start("job")
    shared = sign(task_id="job", settings=Settings(signing_keys=(KEY,)))
    address = site(
        f'<task-progress task-id="job" token="{shared}" cancellable></task-progress>', api
    )
    with opened(address, width=320) as tab:
        tab.shows("fetch_data 7203.T", "Running", "Cancel")
        records.progress("job", 63, "page 1 of 4")
        tab.shows("25% · 63 / 252", "page 1 of 4")
        tab.tab_to("Cancel")
        tab.key("Enter")
        tab.shows("Cancel the task", "Keep it")
        tab.key("Enter")
        tab.shows("Not done: you may not do this.")
        assert tab.wider_than_its_window() <= 0
        records.complete("job")
        assert "Not done" not in tab.shows("Completed", "100% · 63 / 252")


@pytest.mark.long
def test_an_api_that_restarts(start_api: StartApi, redis_url: str, opened: Open) -> None:
    api = start_api(redis_url=redis_url, locale="en")
    task_id = api.create()
    with opened(api, f"/task/{task_id}?lang=en") as tab:
        tab.shows("Live")
        api.stop()
        tab.shows("No connection; trying again…", "fetch_data 7203.T")
        again = start_api(redis_url=redis_url, locale="en", port=api.port)
        tab.shows("Live")
        again.update(task_id, current_items=63)
        # What was said of a task that waits is over.
        eventually(lambda: "next to start" not in tab.shows("25%", "63 / 252"))


@pytest.mark.long
def test_the_page_of_a_task_with_its_log(api: RunningApi, records: Records, opened: Open) -> None:
    """By the keyboard alone."""
    records.start("job")
    records.log("job", "252 days to fetch")
    with opened(api, "/task/job?lang=en") as tab:
        tab.shows("fetch_data 7203.T", "Running", "Live", "252 days to fetch")
        assert len(tab.locate("log", "Log")) == 1
        records.progress("job", 63, "page 1 of 4")
        records.log("job", "<b>再試行</b>", "warning")
        tab.shows("25%", "63 / 252", "page 1 of 4", "<b>再試行</b>")
        tab.tab_to("Pause")
        tab.key("Enter")
        tab.shows("Pause asked")
        tab.tab_to("Cancel")
        tab.key("Enter")
        tab.shows("Cancel fetch_data 7203.T?")
        tab.key("Escape")
        tab.tab_to("Cancel")
        tab.key("Enter")
        tab.tab_to("Cancel the task")
        tab.key("Enter")
        tab.shows("Cancel asked", "Terminate")
        records.apply("job", ev.Heeded())
        tab.shows("Cancelled", "Ended")


@pytest.mark.long
def test_the_page_of_a_workflow(api: RunningApi, records: Records, opened: Open) -> None:
    for number in range(3):
        records.member(f"m-{number}", W, name="fetch ×3")
        records.run(f"m-{number}")
    with opened(api, f"/workflow/{W}?lang=en") as tab:
        tab.shows("fetch ×3", "Running", "Live")
        records.complete("m-0")
        records.fail("m-1", "no such price")
        tab.shows("1 failed: no such price")
        records.complete("m-2")
        tab.shows("Error", "Ended")
        tab.press("link", "m-1")
        tab.shows("Error", "no such price", W)


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", "/task/job", f"/workflow/{W}"])
def test_in_japanese_on_a_narrow_screen(
    api: RunningApi, records: Records, opened: Open, path: str
) -> None:
    """The language is the browser's; texts of jobs are hostile."""
    evil = "<img src=x onerror=alert(1)>\u202e" + "長" * 200
    records.start("job", symbol=evil[:28])
    records.progress("job", 1, evil)
    records.log("job", evil)
    records.member("one", W, name=evil[:28])
    records.run("one")
    records.fail("one", evil)
    with opened(api, path, locale="ja-JP", width=320) as tab:
        tab.shows("ライブ" if "workflow" not in path else "終了", "<img src=x onerror")
        assert tab.evaluate("() => document.documentElement.lang") == "ja"
        assert tab.wider_than_its_window() <= 0
        assert tab.evaluate("() => document.querySelectorAll('img').length") == 0


@pytest.mark.long
@pytest.mark.parametrize("path", ["/", "/task/job", f"/workflow/{W}"])
def test_forced_colours_show_a_bar(
    api: RunningApi, records: Records, firefox: Firefox, opened: Open, path: str
) -> None:
    records.start("job")
    records.progress("job", 126)
    records.member("one", W, name="fetch ×2")
    records.member("two", W)
    records.run("one")
    records.complete("one")
    with firefox.forced_colours(), opened(api, f"{path}?lang=en") as tab:
        tab.shows("50%")
        assert tab.evaluate("() => matchMedia('(forced-colors: active)').matches")
        bars = tab.evaluate(
            "() => [...document.querySelectorAll('[role=progressbar]')].map((bar) =>"
            " [bar, ...bar.children].map((one) => getComputedStyle(one).backgroundColor))"
        )
        assert bars
        for track, *parts in bars:
            assert parts
            assert track not in parts
            assert len(set(parts)) == len(parts), "parts of one bar can be told apart"
