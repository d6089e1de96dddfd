"""The API's description in a browser whose network ends at the service."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.web.serving import RunningApi


@pytest.fixture
def described(api: RunningApi, open_page: OpenPage) -> Page:
    """The page; what it asks of others, or is kept from by its policy, fails the test."""
    page = open_page(api, "/docs")
    asked: list[str] = []

    def pass_own(route: Route) -> None:
        if route.request.url.startswith(f"http://127.0.0.1:{api.port}/"):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.route("**/*", pass_own)
    page.reload()
    expect(page.locator(".info .title")).to_contain_text("progress-backend")
    assert asked == []
    return page


def test_it_shows_every_call(api: RunningApi, described: Page) -> None:
    paths = api.http.get("/openapi.json").json()["paths"]
    calls = sum(len(methods) for methods in paths.values())
    expect(described.locator(".opblock")).to_have_count(calls)
    described.locator(".opblock").filter(has_text="Read a task").click()
    expect(described.locator(".opblock.is-open .responses-table").first).to_be_visible()


def test_a_call_can_be_tried(described: Page, api: RunningApi) -> None:
    task_id = api.create()
    block = described.locator(".opblock").filter(has_text="List tasks")
    block.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table").first).to_contain_text(task_id)
