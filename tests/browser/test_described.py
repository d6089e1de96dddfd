"""The API's description in a browser with no network beyond the service."""

from playwright.sync_api import Route, expect

from tests.browser.conftest import OpenPage
from tests.web.serving import RunningApi


def test_a_call_can_be_tried_and_nothing_is_asked_of_others(
    api: RunningApi, open_page: OpenPage
) -> None:
    page, task_id = open_page(api, "/docs"), api.create()
    asked: list[str] = []

    def pass_own(route: Route) -> None:
        if route.request.url.startswith(f"http://127.0.0.1:{api.port}/"):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.route("**/*", pass_own)
    page.reload()
    block = page.locator(".opblock").filter(has_text="List tasks")
    block.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table").first).to_contain_text(task_id)
    assert asked == []
