"""Owners and traces on the page: only where a task has one."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.conftest import OpenPage
from tests.record.test_traces import TRACE
from tests.records import Records
from tests.web.conftest import StartApi


def rows(page: Page) -> list[str]:
    return [
        row.get_attribute("data-task-id") or "" for row in page.locator("tr[data-task-id]").all()
    ]


def test_a_rows_owner_chooses_that_owners_tasks(
    start_api: StartApi, open_page: OpenPage, redis_url: str
) -> None:
    records = Records(redis_url)
    records.create("plain")
    records.start("alices", owner="alice")
    records.create("bobs", owner="bob")
    page = open_page(start_api(redis_url=redis_url), "/?lang=en")
    row = page.locator('tr[data-task-id="alices"]')
    expect(row.locator(".owner")).to_have_text("alice")
    expect(row.locator(".trace")).to_be_hidden()
    expect(page.locator('tr[data-task-id="plain"] .more')).to_be_hidden()
    row.locator(".owner").click()
    expect(page.locator("tr[data-task-id]")).to_have_count(1)
    assert re.search(r"owner=alice", page.url)
    chip = page.locator("#filters [data-name=owner]")
    expect(chip).to_have_text("Owner: alice ×")
    # New ones of that owner come by the socket, others do not.
    records.create("others", owner="bob")
    records.create("next", owner="alice")
    expect(page.locator("tr[data-task-id]")).to_have_count(2)
    assert rows(page) == ["next", "alices"]
    page.reload()
    expect(page.locator("tr[data-task-id]")).to_have_count(2)
    chip.click()
    expect(page.locator("tr[data-task-id]")).to_have_count(5)
    expect(chip).to_be_hidden()


def test_a_row_leads_to_its_trace_where_the_settings_say_how(
    start_api: StartApi, open_page: OpenPage, redis_url: str
) -> None:
    records = Records(redis_url)
    records.create("plain")
    identity = ev.Identity("fetch_data", 252, traceparent=TRACE)
    records.apply("traced", ev.Created(identity=identity))
    where = "https://traces.example.com/?a=1&id={trace_id}"
    api = start_api(create_app(Settings(redis_url=redis_url, trace_url=where)))
    page = open_page(api, "/?lang=en")
    link = page.locator('tr[data-task-id="traced"] .trace')
    expect(link).to_have_text("trace")
    expect(link).to_have_attribute("href", where.replace("{trace_id}", TRACE[3:35]))
    records.progress("traced", 5)
    expect(page.locator('tr[data-task-id="traced"]')).to_have_attribute("data-status", "running")
    expect(link).to_be_visible()
    expect(page.locator('tr[data-task-id="plain"] .trace')).to_be_hidden()
