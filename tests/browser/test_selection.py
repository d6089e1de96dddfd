"""Tasks that are selected on the live page, and steered together."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.conftest import OpenPage
from tests.browser.looking import row, shows
from tests.browser.test_axe import AXE, complaints
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url)


@pytest.fixture
def records(redis_url: str) -> Records:
    return Records(redis_url, locale="en")


def selecting(page: Page) -> None:
    page.get_by_role("button", name="Select", exact=True).click()
    expect(page.locator("#selection")).to_be_visible()


def test_ticked_tasks_are_paused_and_cancelled_together(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(5):
        records.start(f"job-{number}")
    records.member("m", "the-group", name="nightly")
    page = open_page(api, "/?lang=en", bypass_csp=True, reduced_motion="reduce")
    shows(page, "job-4", "running")
    selecting(page)
    expect(page.locator(".tick")).to_have_count(5)  # a workflow has none
    said = page.locator("#selection .said")
    page.get_by_label("Select job-4").click()
    page.get_by_label("Select job-2").click(modifiers=["Shift"])
    expect(said).to_have_text("3 selected")
    expect(page.get_by_label("Select job-3")).to_be_checked()
    page.get_by_label("Select job-3").press("Space")
    expect(said).to_have_text("2 selected")
    page.add_script_tag(content=AXE)
    assert complaints(page) == []
    records.complete("job-2")
    shows(page, "job-2", "completed")
    bar = page.locator("#selection")
    bar.get_by_role("button", name="Pause").click()
    expect(said).to_have_text("Asked of 1 task. Not done of 1: the task is completed by now.")
    shows(page, "job-4", "paused")
    shows(page, "job-3", "running")
    bar.get_by_role("button", name="All on this page").click()
    expect(said).to_have_text("5 selected")
    bar.get_by_role("button", name="Cancel").click()
    dialog = page.locator("#sure")
    expect(dialog).to_contain_text("Cancel 5 tasks?")
    dialog.get_by_role("button", name="Keep it").click()
    expect(said).to_have_text("5 selected")
    bar.get_by_role("button", name="Cancel").click()
    dialog.get_by_role("button", name="Cancel 5 tasks").click()
    expect(said).to_contain_text("Asked of 4 tasks.")
    shows(page, "job-0", "cancelled")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(page.locator(".tick")).to_have_count(0)
    expect(page.get_by_role("button", name="Select", exact=True)).to_be_focused()


def test_all_that_pass_a_filter_are_cancelled_page_after_page(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(115):
        records.create(f"job-{number}", symbol="6758.T")
    records.create("other")
    page = open_page(api, "/?lang=ja&symbol=6758.T")
    shows(page, "job-114", "created")
    page.get_by_role("button", name="選択", exact=True).click()
    bar = page.locator("#selection")
    bar.get_by_role("button", name="条件に合う 115 件すべて").click()
    expect(page.get_by_label("job-114 を選択")).to_be_checked()
    bar.get_by_role("button", name="キャンセル").click()
    page.get_by_role("button", name="115 件をキャンセル", exact=True).click()
    expect(bar.locator(".said")).to_have_text("115 件に依頼しました。", timeout=60_000)
    eventually(lambda: records.get("job-0").status == "cancelled")
    assert records.get("other").status == "created"
    # Of no filter nobody offers that.
    page.locator("#filters [data-name=symbol]").click()
    expect(row(page, "other")).to_be_visible()
    expect(bar.get_by_role("button", name="すべて").filter(has_text="条件")).to_be_hidden()


def test_who_may_change_nothing_selects_nothing(
    start_api: StartApi, redis_url: str, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(start_api(create_app(Settings(redis_url=redis_url, read_only=True))))
    shows(page, "job", "running")
    expect(page.locator("#select")).to_be_hidden()
