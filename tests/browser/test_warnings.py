"""The badges of warnings on the page: there at once, in the reader's language, gone with the next
value or the end."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from progress_backend.record import events as ev
from progress_backend.record.model import Warnings
from progress_backend.store.drivers import Store
from tests.browser.conftest import OpenPage
from tests.browser.looking import listed, other_language, row
from tests.records import BEGUN, Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

WIDE, PHONE = {"width": 1280, "height": 720}, {"width": 360, "height": 720}


def badges(page: Page, task_id: str) -> Locator:
    return row(page, task_id).locator(".warnings small")


def ago(minutes: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


def test_what_is_wrong_stands_on_top_and_leads_to_its_tasks(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("stalled", "late", "newest"):
        records.start(task_id)
        records.progress(task_id, 63)
    records.warning("late", late=ago(1))
    records.warning("stalled", stalled=ago(22))
    records.start("failed")
    records.fail("failed", "why")
    page = open_page(api, "/?lang=en")
    expect(row(page, "newest")).to_be_visible()
    assert listed(page)[2:] == ["newest", "failed"]
    links = page.locator("#strip a:visible")
    expect(links).to_have_text(["1 stalled", "1 late", "1 failed this hour"])
    expect(row(page, "stalled").locator(".time")).to_have_text("No value for 22 min")
    expect(row(page, "stalled").locator(".rate")).to_be_empty()
    started = row(page, "newest").locator(".ago")
    expect(started).to_have_text("started a moment ago")
    expect(started).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]"))
    expect(row(page, "failed").locator(".ago")).to_have_text("ended a moment ago")
    expect(row(page, "failed").locator(".bar")).to_be_hidden()
    page.locator('#filters [data-filter="late"]').click()
    expect(page.locator("#table tr[data-task-id]")).to_have_count(1)
    assert listed(page) == ["late"]
    page.go_back()
    links.first.click()
    expect(page.locator("#table tr[data-task-id]")).to_have_count(1)
    assert listed(page) == ["stalled"]
    page.keyboard.press("Escape")  # the panel of the only row covers the end of the strip
    page.locator("#strip .failed").click()
    expect(row(page, "failed")).to_be_visible()
    assert listed(page) == ["failed"]
    expect(page.locator('.chosen[data-name="ended_from"]')).to_be_visible()


def test_the_workflow_of_a_stalled_member_is_in_front_and_the_strip_leads_to_the_member(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.member("m", "the-group", name="nightly")
    records.run("m")
    records.start("newest")
    records.warning("m", stalled=ago(22))
    page = open_page(api, "/?lang=en")
    first = page.locator("#table tr[data-status]").first
    expect(first).to_have_attribute("data-workflow-id", "the-group")
    expect(first.locator(".warnings")).to_have_text("1 stalled")
    page.locator("#strip .stalled").click()
    expect(row(page, "m")).to_be_visible()
    assert listed(page) == ["m"]


def test_the_panel_of_a_stalled_job_begins_with_its_line(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    records.progress("job", 63)
    records.warning("job", stalled=ago(22))
    frames = [
        {"file": "/app/tasks.py", "line": 82, "function": "fetch_page", "code": "get(page)"},
        {"file": "celery/app/trace.py", "line": 9, "function": "trace", "folded": True},
    ]
    records.stack("job", *frames, cause="stalled")
    page = open_page(api, "/task/job?lang=en")
    first = page.locator("#record .head").locator("xpath=*[1]")
    expect(first).to_have_text("No value for 22 min, at fetch_page (tasks.py:82)")
    expect(page.locator(".numbers")).not_to_contain_text("/s")
    expect(page.locator(".part-times")).not_to_contain_text("Likely end")


def test_filters_that_hide_all_are_cleared_by_one_press(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    records.apply("job", ev.Cancelled(by="desk", reason="closed"))
    page = open_page(api, "/?status=paused&lang=en")
    page.locator("#empty").get_by_role("button", name="Clear filters").click()
    expect(row(page, "job")).to_contain_text(re.compile(r"Cancelled by desk, \d\d:\d\d: closed"))
    expect(page.locator("#list")).to_be_focused()


def test_badges_come_and_go_with_what_they_are_about(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    records.progress("job", 63)
    page = open_page(api)
    expect(row(page, "job")).to_be_visible()
    expect(page.locator(".warnings small")).to_have_count(0)
    records.warning("job", stalled=ago(5))
    expect(badges(page, "job")).to_have_text(["Stalled"])
    expect(badges(page, "job").first).to_have_attribute("title", re.compile(r"\d\d:\d\d"))
    records.warning("job", late=ago(1))
    expect(badges(page, "job")).to_have_text(["Stalled", "Late"])
    other_language(page)
    expect(badges(page, "job")).to_have_text(["更新なし", "遅れ"])
    other_language(page)
    records.progress("job", 64)
    expect(badges(page, "job")).to_have_text(["Late"])
    records.complete("job")
    expect(badges(page, "job")).to_have_count(0)


def test_a_feed_that_repeats_a_state_makes_it_no_younger(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    with Store(records.settings) as store:
        store.ready()
        hour, now = timedelta(hours=1), store.now()
        for event in (
            ev.Created(identity=BEGUN.identity),
            BEGUN,
            ev.Progressed(current=3),
            ev.Warned(warnings=Warnings(stalled=now - hour), revision=3),
        ):
            store.run(store.flows.apply("job", (event,), now - hour))
    page, reads = open_page(api, "/?lang=en"), list[Route]()

    def only_first(read: Route) -> None:
        reads.append(read)
        if len(reads) == 1:
            read.continue_()

    page.evaluate("""void (window.WebSocket = class extends WebSocket {
      set onmessage(then) { super.onmessage = (event) => setTimeout(then, 500, event); }
    })""")
    page.route("**/job/status", only_first)
    row(page, "job").locator(".open").click()
    eventually(lambda: page.evaluate("true") and len(reads) > 1)  # the feed's first message came
    expect(page.locator("#panel .wrong")).to_have_text("No value for 60 min")


@pytest.mark.parametrize(
    ("kind", "viewport"), [("stalled", WIDE), ("stalled", PHONE), ("late", WIDE)]
)
def test_a_stalled_or_late_job_is_ended_by_three_acts_from_the_strip(
    kind: str, viewport: Any, api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """Whatever the card offers besides."""
    for task_id in ["other", "job"] if viewport == WIDE else ["job"]:
        records.start(task_id)
        records.progress(task_id, 63)
        records.warning(task_id, **{kind: ago(22)})
    records.create("next")
    page = open_page(api, "/?lang=en", viewport=viewport)
    page.locator(f"#strip .{kind}").click()
    expect(page.locator(".part-case")).to_be_visible()
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy for the incident").click()
    lines = page.evaluate("window.copied").split("\n")
    assert (lines[0], lines[-1]) == ("job", f"http://127.0.0.1:{api.port}/task/job")
    page.get_by_role("button", name="Pause the waiting ones").click()
    expect(page.locator(".part-case [role=status]")).to_contain_text("Requested for 1 task")
    page.locator("#record [data-action=terminate]").click()
    with page.expect_request("**/job/cancel") as sent:
        page.locator("#sure-yes").click()
    assert sent.value.post_data_json == {"terminate": True}
