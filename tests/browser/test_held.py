"""A row stays while its dialog is open, and what a finger has pressed."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import listed, row, shows
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi


def test_a_row_stays_while_its_dialog_is_open(
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
    dialog.get_by_role("button", name="Cancel it").click()
    expect(page.locator("#notice")).to_contain_text("its status is already “Completed”")
    eventually(lambda: listed(page) == ["three", "one"])
    # Its row and the button are gone: the next one has the focus.
    expect(row(page, "one")).to_be_focused()


def test_the_list_does_not_move_while_a_finger_is_down(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """A browser sends the click of a tap after the finger has left."""
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
