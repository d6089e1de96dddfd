"""The API's description in a browser whose network ends at the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url)


@pytest.fixture
def closed_network(browser: Browser) -> Iterator[Page]:
    """A page that reaches this machine alone."""

    def pass_own(route: Route) -> None:
        if route.request.url.startswith("http://127.0.0.1:"):
            route.continue_()
        else:
            route.abort()

    context = browser.new_context()
    context.route("**/*", pass_own)
    yield context.new_page()
    context.close()


def test_it_says_where_the_description_is(api: RunningApi, closed_network: Page) -> None:
    page = closed_network
    page.goto(f"http://127.0.0.1:{api.port}/docs")
    expect(page.get_by_text("cannot be reached")).to_be_visible()
    page.get_by_role("link", name="openapi.json").click()
    expect(page.locator("body")).to_contain_text('"openapi":"3.')
