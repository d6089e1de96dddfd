"""Traces on the page: only where a task has one."""

from playwright.sync_api import expect

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.conftest import OpenPage
from tests.record.test_traces import TRACE
from tests.records import Records
from tests.web.conftest import StartApi


def test_a_task_leads_to_its_trace_where_the_settings_say_how(
    start_api: StartApi, open_page: OpenPage, redis_url: str
) -> None:
    records = Records(redis_url)
    records.create("plain")
    identity = ev.Identity("fetch_data", 252, traceparent=TRACE)
    records.apply("traced", ev.Created(identity=identity))
    where = "https://traces.example.com/?a=1&id={trace_id}"
    api = start_api(create_app(Settings(redis_url=redis_url, trace_url=where)))
    page = open_page(api, "/task/traced?lang=en")
    link = page.get_by_role("link", name=TRACE[3:35])
    expect(link).to_have_attribute("href", where.replace("{trace_id}", TRACE[3:35]))
    page.goto(f"http://127.0.0.1:{api.port}/task/plain?lang=en")
    expect(page.locator(".pill")).to_have_text("Waiting")
    expect(page.locator("dt", has_text="Trace")).to_have_count(0)
