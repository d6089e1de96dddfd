"""The script of the page about logs, in a page of the API's own address."""

import re

import redis
from playwright.sync_api import expect

from progress_backend.operations.keys import Keys
from tests.browser.conftest import OpenPage
from tests.docs.reading import blocks
from tests.records import Records
from tests.web.serving import RunningApi

READERS = """
const pre = document.createElement("pre");
pre.className = "log";
document.body.append(pre);
const taskId = "{task_id}";
"""


def test_the_page_of_a_task_shows_its_log(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    task_id = api.create()
    page = open_page(api, f"/task/{task_id}?lang=en")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    log = page.get_by_role("log", name="Log")
    expect(log).to_have_count(0)
    records.log(task_id, "252 days to fetch")
    records.log(task_id, "<b>2023-08-11</b> has no prices", level="warning")
    page.reload()
    lines = log.locator("p")
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_have_text("01:30:00warning<b>2023-08-11</b> has no prices")
    records.log(task_id, "再試行\n二行目", level="error", lost=7)
    expect(lines).to_have_count(4)
    expect(lines.nth(2)).to_have_text("… 7 lines are gone")
    records.log(task_id, "the last")
    api.update(task_id, "completed")
    expect(lines.last).to_have_text("01:30:00infothe last")
    seen = log.locator("[data-line]:visible")
    page.get_by_label("Level").select_option("warning and above")
    expect(seen).to_have_count(2)
    page.get_by_label("Search the log").fill("PRICES")
    expect(seen).to_have_text(["01:30:00warning<b>2023-08-11</b> has no prices"])
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a file").click()
    assert saved.value.suggested_filename == f"{task_id}.log"
    line, gone = saved.value.path().read_text(encoding="utf-8").split("\n")
    assert gone == "… 7 lines are gone"
    assert line == "2024-01-15T01:30:00.250+00:00 warning <b>2023-08-11</b> has no prices"


def test_a_page_says_how_many_lines_are_gone_and_what_a_log_keeps(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    task_id = api.create()
    records.log(task_id, *["line"] * 200)
    page = open_page(api, f"/task/{task_id}?lang=en")
    lines = page.get_by_role("log", name="Log").locator("p")
    for shown in range(200, 1_001, 200):
        expect(lines).to_have_count(shown)
        records.log(task_id, *["line"] * 200)  # as many as the store keeps
    expect(lines.first).to_have_text("… 200 lines are gone (PROGRESS_LOG_KIB keeps more)")
    assert lines.count() == 1_001


def test_a_page_shows_the_log_of_a_restored_redis_alone(
    api: RunningApi, records: Records, open_page: OpenPage, redis_url: str
) -> None:
    task_id = api.create()
    records.log(task_id, "kept", "kept")
    with redis.Redis.from_url(redis_url) as client:
        name = Keys().log(task_id)
        copy = client.dump(name)
        records.log(task_id, "lost")
        page = open_page(api, f"/task/{task_id}?lang=en")
        lines = page.get_by_role("log", name="Log").locator("p")
        expect(lines).to_have_count(3)
        client.restore(name, 0, copy, replace=True)
    expect(lines).to_have_text([re.compile("kept$")] * 2)


def test_the_last_lines_of_a_run_that_was_cancelled(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """Its cancel is final as it is recorded, and its run goes on until it acknowledges that."""
    records.start("cancelled")
    records.log("cancelled", "252 days to fetch")
    page = open_page(api, "/task/cancelled?lang=en")
    lines = page.get_by_role("log", name="Log").locator("p")
    expect(lines).to_have_count(1)
    assert api.cancel("cancelled").is_success
    expect(page.locator(".pill.cancelled")).to_be_visible()
    for _ in range(2):
        with page.expect_response(lambda answer: "/log?" in answer.url):
            pass
    records.log("cancelled", "30 days undone")
    expect(lines.last).to_contain_text("30 days undone")


def test_a_page_follows_a_log(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    page, task_id = open_page(api), api.create()
    (snippet,) = blocks("docs/logs.md", "Reading", "js")
    records.log(task_id, "<b>first</b>")
    page.evaluate("() => {" + READERS.replace("{task_id}", task_id) + snippet.text + "}")
    shown = page.locator("pre.log")
    expect(shown).to_have_text("<b>first</b>\n")
    records.log(task_id, "第二")
    expect(shown).to_have_text("<b>first</b>\n第二\n")
    api.update(task_id, "completed")
