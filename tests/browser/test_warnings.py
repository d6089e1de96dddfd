"""The badges of warnings on the page: there at once, in the reader's language, gone with the next
value or the end."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import other_language, row
from tests.records import Records
from tests.web.serving import RunningApi


def badges(page: Page, task_id: str) -> Locator:
    return row(page, task_id).locator(".warnings small")


def ago(minutes: float) -> datetime:
    now = datetime.now(UTC)
    return now.replace(microsecond=0) - timedelta(minutes=minutes)


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
