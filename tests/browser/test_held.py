"""Rows of an opened workflow keep still like the list's, and so does what somebody decides on."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import listed, row, shows
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

W = "the-group"


def members(page: Page) -> list[str]:
    rows = page.locator("tbody.workflow tr[data-task-id]")
    return [str(one) for one in rows.evaluate_all("rows => rows.map(row => row.dataset.taskId)")]


def opened(page: Page) -> Locator:
    """The workflow's own row, once its tasks stand below it."""
    head = page.locator(f'tr[data-workflow-id="{W}"]')
    head.locator(".toggle").click()
    expect(page.locator("tbody.workflow tr[data-task-id]").first).to_be_visible()
    return head


def test_tasks_of_an_opened_workflow_stay_under_a_pointer(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("done", "one", "two"):
        records.member(task_id, W, name="fetch ×3")
        records.run(task_id)
    records.complete("done")
    page = open_page(api, "/?lang=en")
    opened(page)
    page.locator("tbody.workflow .counts [data-filter=running]").click()
    expect(page.locator("tbody.workflow .counts [data-filter=running]")).to_have_attribute(
        "aria-pressed", "true"
    )
    eventually(lambda: members(page) == ["two", "one"])
    news = page.locator("tbody.workflow .news")
    row(page, "two").hover()
    before = row(page, "two").bounding_box()
    records.member("three", W)
    records.run("three")
    records.complete("one")  # it has left the filter, and keeps its place
    expect(news).to_have_text("1 new")
    shows(page, "one", "completed")
    assert members(page) == ["two", "one"]
    assert row(page, "two").bounding_box() == before
    # Another status is another list: it is shown at once, wherever the pointer is.
    page.locator("tbody.workflow .counts [data-filter=completed]").click()
    eventually(lambda: members(page) == ["one", "done"])
    expect(news).to_be_hidden()
    page.locator("tbody.workflow .counts [data-filter=running]").click()
    eventually(lambda: members(page) == ["three", "two"])
    records.complete("three")
    shows(page, "three", "completed")
    page.locator("h1").hover()
    eventually(lambda: members(page) == ["two"])


def test_a_row_stays_while_somebody_is_asked_about_it(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("one", "two"):
        records.start(task_id)
    page = open_page(api, "/?status=running&lang=en")
    shows(page, "two", "running").get_by_role("button", name="Cancel").click()
    dialog = page.locator("#sure")
    expect(dialog).to_be_visible()
    page.mouse.move(2, 2)
    records.complete("two")
    records.start("three")
    expect(page.locator("#news")).to_have_text("1 new")
    assert listed(page) == ["two", "one"]
    dialog.get_by_role("button", name="Cancel the task").click()
    expect(page.locator("#notice")).to_contain_text("the task is completed by now")
    eventually(lambda: listed(page) == ["three", "one"])
    # Its row and the button are gone: the next one has the focus.
    expect(row(page, "one")).to_be_focused()


def test_what_a_finger_has_pressed_is_still_there_as_it_is_told(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """A browser tells a tap after the finger has left."""
    records.start("one")
    page = open_page(api, "/?lang=en", has_touch=True)
    shows(page, "one", "running")
    finger = "place => place.dispatchEvent(new PointerEvent('{}', {{pointerType: 'touch'}}))"
    held = page.locator("#held")
    held.evaluate(finger.format("pointerenter"))
    records.start("two")
    expect(page.locator("#news")).to_have_text("1 new")
    there = "document.querySelectorAll('tr[data-task-id]').length"
    left = f"place => {{ ({finger.format('pointerleave')})(place); return {there}; }}"
    assert held.evaluate(left) == 1
    expect(row(page, "two")).to_be_visible()
