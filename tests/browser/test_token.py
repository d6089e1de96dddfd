"""The live page where tokens are asked for."""

import pytest
from playwright.sync_api import Page, expect

from progress_backend.credentials import tokens
from tests.browser.conftest import OpenPage
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

READ, WRITE = tokens.new("reader", "read"), tokens.new("writer", "write")


@pytest.fixture
def guarded(redis_url: str, start_api: StartApi) -> RunningApi:
    Records(redis_url).start("job")
    Records(redis_url).member("member", "group")
    lines = tuple(token.line() for _, token in (READ, WRITE))
    return start_api(redis_url=redis_url, tokens=lines)


def give(page: Page, text: str) -> None:
    page.locator("#token-text").fill(text)
    page.locator("#token-text").press("Enter")


def live(page: Page) -> None:
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")


def test_a_token_is_asked_for_once_and_kept_for_the_tab(
    guarded: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    page = open_page(guarded, "/?lang=en")
    expect(page.locator("#token")).to_be_visible()
    expect(page.locator("#token-wrong")).to_be_hidden()
    give(page, "日本")  # no header may have that
    expect(page.locator("#token-wrong")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#notice")).to_have_text(
        "This service requires a token: load the page again to enter one."
    )
    page.reload()
    give(page, "pb_not-one")
    expect(page.locator("#token-wrong")).to_be_visible()
    give(page, READ[0])
    live(page)
    expect(page.locator("#token")).to_be_hidden()
    expect(page.locator("[data-task-id='job']")).to_be_visible()
    # By its socket: the next read is some time away.
    Records(redis_url).progress("job", 77, "seventy-seven")
    expect(page.locator("[data-task-id='job']")).to_contain_text("seventy-seven")
    page.reload()
    live(page)
    assert READ[0] not in page.url
    other = open_page(guarded, "/?lang=en")
    expect(other.locator("#token")).to_be_visible()


def test_an_action_that_the_token_does_not_permit_is_reported(
    guarded: RunningApi, open_page: OpenPage
) -> None:
    page = open_page(guarded, "/?lang=en")
    give(page, READ[0])
    live(page)
    page.locator("[data-task-id='job']").get_by_role("button", name="Pause").click()
    expect(page.locator("#notice")).to_have_text("Not done: this token only permits to read")
    other = open_page(guarded, "/?lang=en")
    give(other, WRITE[0])
    live(other)
    other.locator("[data-task-id='job']").get_by_role("button", name="Pause").click()
    headers = {"Authorization": f"Bearer {READ[0]}"}
    eventually(lambda: "pause" in guarded.status("job", headers=headers).text)


def test_a_read_only_service_s_page_offers_no_acts(
    redis_url: str, start_api: StartApi, open_page: OpenPage
) -> None:
    Records(redis_url).start("job")
    page = open_page(start_api(redis_url=redis_url, read_only=True), "/?lang=en")
    live(page)
    row = page.locator("[data-task-id='job']")
    expect(row).to_be_visible()
    expect(row.locator(".actions button")).to_have_count(0)
    expect(page.locator("#select")).to_be_hidden()
