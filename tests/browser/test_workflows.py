"""Workflows on the page: a row each; what it says, and what can be asked of it."""

import re

import pytest
import redis
from playwright.sync_api import Locator, Page, expect

from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, marked, never_loaded_again, other_language
from tests.browser.test_look import WIDTHS, box
from tests.records import Records
from tests.web.serving import RunningApi

W = "the-group"
NAME = "fetch ×3 → merge"


@pytest.fixture
def records(redis_url: str) -> Records:
    records = Records(redis_url, locale="en")
    records.workflow(W, NAME, "ConnectionError: the source did not answer")
    records.create("single")
    return records


def head(page: Page, workflow_id: str = W) -> Locator:
    """A workflow's own row."""
    return page.locator(f'tr[data-workflow-id="{workflow_id}"]')


def shows(page: Page, status: str, workflow_id: str = W) -> Locator:
    found = head(page, workflow_id)
    expect(found).to_have_attribute("data-status", status)
    return found


def test_a_row_says_how_it_is(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    page = open_page(api)
    found = shows(page, "running")
    expect(found.get_by_role("link", name=NAME)).to_be_visible()
    for text in ("Running", "37.5%", "2 / 4", "Waiting 1 · Running 1 · Completed 1"):
        expect(found).to_contain_text(text)
    # What failed is first: where there is little room the end of the line is cut off.
    expect(found.locator(".message span")).to_have_text(
        "1 failed: ConnectionError: the source did not answer"
    )
    expect(page.locator("[data-filter=all]")).to_have_text("All 5")  # tasks, as each status
    expect(found.locator(".ago")).to_have_text("started a moment ago")
    expect(found.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "37.5")
    bar = box(found.locator(".bar"))["width"]
    assert box(found.locator(".failed"))["width"] == pytest.approx(bar / 4, abs=2)
    assert found.get_by_role("link").evaluate("link => link.href") == (
        f"http://127.0.0.1:{api.port}/workflow/{W}?lang=en"
    )


def test_it_follows_its_tasks_to_the_end(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api)
    found = shows(page, "running")
    marked(page)
    records.progress("half", 200)
    expect(found).to_contain_text("44.8%")
    for task_id in ("half", "merge"):
        records.complete(task_id)
    shows(page, "error")
    for text in ("75%", "4 / 4", "Completed 3", "1 failed: ConnectionError"):
        expect(found).to_contain_text(text)
    expect(found.locator(".time")).to_have_text(re.compile(r"took \d:\d\d"))
    expect(found.locator(".actions button")).to_have_count(0)
    never_loaded_again(page)


def test_those_that_never_ran_are_no_failures_of_their_own(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """Nor does it say that all of the work is done."""
    records.complete("half")
    records.apply("merge", ev.NeverPublished(error_message="not reached", cause="upstream"))
    found = shows(open_page(api), "error")
    expect(found.locator(".message span")).to_have_text(
        "1 failed: ConnectionError: the source did not answer · 1 never ran"
    )
    for text in ("50%", "4 / 4"):
        expect(found).to_contain_text(text)
    bar = box(found.locator(".bar"))["width"]
    assert box(found.locator(".failed"))["width"] == pytest.approx(bar / 2, abs=2)


def test_a_quiet_one_says_that_a_message_is_not_known(
    api: RunningApi, records: Records, open_page: OpenPage, redis_url: str
) -> None:
    for task_id in ("first", "next"):
        records.member(task_id, "quiet", name="fetch → merge")
    records.run("first")
    records.complete("first")
    page = open_page(api, "/workflow/quiet")
    expect(page.locator("#record h1")).to_have_text("fetch → merge")
    expect(page.locator(".why")).to_have_text("")
    with redis.Redis.from_url(redis_url) as client:
        client.hset(Keys().workflow("quiet"), "changed", 1_700_000_000_000)
    other = open_page(api)
    page = open_page(api, "/workflow/quiet")
    says = re.compile("no update since 11-1[45] .*; 1 step waits, its message is not found$")
    expect(page.locator(".why")).to_have_text(says)
    expect(head(other, "quiet").locator(".message")).to_contain_text("its message is not found")
    other_language(page)
    expect(page.locator(".why")).to_contain_text("1 件が待機中（メッセージの所在は不明）")


def test_its_age_is_counted_by_the_services_clock(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, "/static/page.css")
    page.add_init_script("const now = Date.now; Date.now = () => now() + 5 * 3600 * 1000;")
    page.goto(f"http://127.0.0.1:{api.port}/")
    expect(shows(page, "running").locator(".ago")).to_have_text("started a moment ago")


def test_by_keyboard(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    """The focus stays where it was, whatever is read meanwhile."""
    page = open_page(api)
    link = shows(page, "running").get_by_role("link")
    for _ in range(20):
        page.keyboard.press("Tab")
        if link.evaluate("link => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    records.progress("half", 200)
    expect(head(page)).to_contain_text("44.8%")
    records.member("more", "another", name="another")  # a row above it, which waits
    expect(page.locator("#news")).to_have_text("1 new")
    expect(head(page, "another")).to_have_count(0)
    expect(link).to_be_focused()
    pause = head(page).get_by_role("button", name="Pause")
    pause.focus()
    page.keyboard.press("Enter")
    expect(head(page).get_by_role("button", name="Resume")).to_be_focused()


def test_all_can_be_read_at_every_width(
    api: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    records, long = Records(redis_url), "a_name_that_goes_on_and_on" * 8
    records.member("x" * 200, W, name=long)
    records.run("x" * 200)
    records.fail("x" * 200, "ConnectionError: price source did not answer " * 20)
    page = open_page(api)
    expect(head(page).locator(".message span")).to_contain_text("ConnectionError")
    cut = "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1 && !c.title).length"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert head(page).locator("td").evaluate_all(cut) == 0
        name = head(page).locator(".open")
        assert box(name)["height"] < 30  # one line, however long it is
        expect(name).to_have_attribute("title", f"{long}\n{W}")


SCRIPT = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'


def test_what_it_says_is_text(api: RunningApi, open_page: OpenPage, redis_url: str) -> None:
    """Also what turns the direction of writing, in a name, an id and a cause."""
    records, hostile = Records(redis_url), f'\u202e"><b>{SCRIPT}'
    records.member(hostile, hostile, name=hostile)
    records.run(hostile)
    records.fail(hostile, hostile)
    page = open_page(api)
    found = page.locator("tr[data-workflow-id]")
    expect(found.locator(".message span")).to_have_text(f"1 failed: {hostile}")
    expect(found.locator("strong")).to_have_text(hostile)
    for place in ("strong", ".message span"):
        isolation = found.locator(place).evaluate("one => getComputedStyle(one).unicodeBidi")
        assert isolation == "isolate", place
    assert page.locator("img, td script").count() == 0
    assert page.evaluate("window.harmed") is None


def test_it_is_never_live_over_what_cannot_be_read(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page, refused = open_page(api), "**/internal/tasks?**top=true"
    is_live(page)
    page.route(refused, lambda route: route.fulfill(status=503, json={"detail": "away"}))
    records.progress("half", 200)
    expect(page.locator("#connection")).to_have_attribute("data-state", "stale")
    expect(page.locator("#notice")).to_contain_text("Redis is not answering")
    expect(head(page)).to_be_visible()  # as it was
    page.unroute(refused)
    is_live(page)
    expect(head(page)).to_contain_text("44.8%")
    expect(page.locator("#notice")).to_be_hidden()
