"""Workflows on the page: a row each, which opens to its tasks; what it says, and what can be asked
of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from progress_backend.record import events as ev
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, marked, never_loaded_again
from tests.browser.test_look import WIDTHS, box
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

W = "the-group"
NAME = "fetch ×3 → merge"


@pytest.fixture
def records(redis_url: str) -> Records:
    """With a workflow: one member completed, one failed, one half through, one planned."""
    records = Records(redis_url, locale="en")
    for task_id in ("done", "failed", "half"):
        records.member(task_id, W, name=NAME)
        records.run(task_id)
    records.planned("merge", W)
    records.create("single")
    records.complete("done")
    records.fail("failed", "ConnectionError: the source did not answer")
    records.progress("half", 126)
    return records


def head(page: Page, workflow_id: str = W) -> Locator:
    """A workflow's own row."""
    return page.locator(f'tr[data-workflow-id="{workflow_id}"]')


def whole(page: Page, workflow_id: str = W) -> Locator:
    """A workflow's rows."""
    return page.locator("tbody.workflow").filter(has=head(page, workflow_id))


def toggle(page: Page, workflow_id: str = W) -> Locator:
    return head(page, workflow_id).locator("button[aria-expanded]")


def members(page: Page, workflow_id: str = W) -> Locator:
    return whole(page, workflow_id).locator("tr[data-task-id]")


def ids(rows: Locator) -> list[str]:
    found = rows.evaluate_all("rows => rows.map(row => row.dataset.taskId)")
    return [str(one) for one in found]


def shows(page: Page, status: str, workflow_id: str = W) -> Locator:
    found = head(page, workflow_id)
    expect(found).to_have_attribute("data-status", status)
    return found


def opened(page: Page, workflow_id: str = W) -> Locator:
    """Its members, once they are there."""
    toggle(page, workflow_id).click()
    expect(members(page, workflow_id).first).to_be_visible()
    return members(page, workflow_id)


def many(records: Records, number: int, workflow_id: str = W) -> None:
    for n in range(number):
        records.member(f"{workflow_id}-{n}", workflow_id, name=f"fetch ×{number}")


def test_a_closed_row_says_how_it_is(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api)
    found = shows(page, "running")
    expect(found.get_by_role("button", name=NAME, exact=True)).to_be_visible()
    for text in ("Running", "62.5%", "2 / 4", "Created 1 · Running 1 · Completed 1"):
        expect(found).to_contain_text(text)
    expect(found.locator(".message small")).to_have_text(
        "1 failed: ConnectionError: the source did not answer"
    )
    expect(found.locator(".time")).to_have_text(re.compile(r"for \d:\d\d"))
    expect(found.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "62.5")
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
    expect(found).to_contain_text("69.8%")
    for task_id in ("half", "merge"):
        records.complete(task_id)
    shows(page, "error")
    for text in ("100%", "4 / 4", "Completed 3", "1 failed: ConnectionError"):
        expect(found).to_contain_text(text)
    expect(found.locator(".time")).to_have_text(re.compile(r"took \d:\d\d"))
    expect(found.locator(".actions button")).to_have_count(0)
    never_loaded_again(page)


def test_its_age_is_told_by_the_services_clock(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, "/static/page.css")
    page.add_init_script("const now = Date.now; Date.now = () => now() + 5 * 3600 * 1000;")
    page.goto(f"http://127.0.0.1:{api.port}/")
    age = shows(page, "running").locator(".time")
    expect(age).to_have_text(re.compile(r"for [01]:\d\d$"))
    first = age.inner_text()
    eventually(lambda: age.inner_text() != first, what="it goes on")


def test_it_opens_to_what_has_failed_then_to_the_others(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api)
    expect(toggle(page)).to_have_attribute("aria-expanded", "false")
    assert ids(opened(page)) == ["failed"]
    expect(toggle(page)).to_have_attribute("aria-expanded", "true")
    expect(members(page)).to_contain_text("ConnectionError: the source did not answer")
    chips = whole(page).get_by_role("group", name=f"Tasks of {NAME}")
    expect(chips.get_by_role("button", name="Error 1")).to_have_attribute("aria-pressed", "true")
    expect(chips.locator("button:visible")).to_have_text(
        ["All 4", "Created 1", "Running 1", "Completed 1", "Error 1"]
    )
    chips.get_by_role("button", name="All 4").click()
    expect(members(page)).to_have_count(4)
    assert ids(members(page)) == ["merge", "half", "failed", "done"]
    toggle(page).click()
    expect(members(page)).to_have_count(0)
    expect(toggle(page)).to_have_attribute("aria-expanded", "false")


def test_its_tasks_move_and_can_be_steered(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api)
    opened(page)
    whole(page).get_by_role("button", name="All 4").click()
    half = whole(page).locator('tr[data-task-id="half"]')
    records.progress("half", 189)
    expect(half).to_contain_text("75%")
    half.get_by_role("button", name="Pause").click()
    expect(half).to_contain_text("Pause asked")
    records.apply("half", ev.Acknowledged())
    expect(half).to_contain_text("Paused")
    shows(page, "paused")
    records.member("more", W)
    page.locator("h1").hover()  # under a pointer they keep still
    expect(members(page)).to_have_count(5)


def test_by_keyboard(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    """The focus stays where it was, whatever is read meanwhile."""
    page = open_page(api)
    shows(page, "running")
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.toggle')"):
            break
    expect(toggle(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(members(page)).to_have_count(1)
    expect(toggle(page)).to_be_focused()
    records.progress("half", 200)
    expect(head(page)).to_contain_text("69.8%")
    records.member("more", "another", name="another")  # a row above it, which waits
    expect(page.locator("#news")).to_have_text("1 new")
    expect(head(page, "another")).to_be_hidden()
    expect(toggle(page)).to_be_focused()
    page.keyboard.press("Space")
    expect(members(page)).to_have_count(0)
    expect(toggle(page)).to_be_focused()
    page.keyboard.press("Space")
    all_of_them = whole(page).get_by_role("button", name="All 4")
    all_of_them.focus()
    page.keyboard.press("Enter")
    expect(members(page)).to_have_count(4)
    expect(all_of_them).to_be_focused()
    pause = head(page).get_by_role("button", name="Pause")
    pause.focus()
    page.keyboard.press("Enter")
    expect(head(page).get_by_role("button", name="Resume")).to_be_focused()


def test_all_can_be_read_at_every_width(
    api: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    records, long = Records(redis_url), "a_name_that_goes_on_and_on" * 8
    records.member("x" * 200, W, name=long)
    for number in range(11):
        records.member(f"task-{number}", W)
        records.run(f"task-{number}")
        records.fail(f"task-{number}", "ConnectionError: price source did not answer " * 20)
    page = open_page(api)
    expect(opened(page)).to_have_count(10)
    expect(head(page).locator(".message small")).to_contain_text("ConnectionError")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        can_be_read(page, width, long)


def can_be_read(page: Page, width: int, long: str) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    cut = "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1 && !c.title).length"
    assert whole(page).locator("td").evaluate_all(cut) == 0
    name = head(page).locator(".open")
    assert box(name)["height"] < 30  # one line, however long it is
    expect(name).to_have_attribute("title", f"{long}\n{W}")
    edge = box(page.locator("#list"))
    for place in (toggle(page), whole(page).locator(".counts"), whole(page).locator(".pages")):
        inside = box(place)
        assert edge["x"] <= inside["x"]
        assert inside["x"] + inside["width"] <= edge["x"] + edge["width"]


SCRIPT = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'


def test_what_members_say_is_text(api: RunningApi, open_page: OpenPage, redis_url: str) -> None:
    """Also what turns the direction of writing, in a name, an id and a cause."""
    records, hostile = Records(redis_url), f'\u202e"><b>{SCRIPT}'
    records.member(hostile, hostile, name=hostile)
    records.run(hostile)
    records.fail(hostile, hostile)
    page = open_page(api)
    found = page.locator("tr[data-workflow-id]")
    expect(found.locator(".message small")).to_have_text(f"1 failed: {hostile}")
    expect(found.locator("strong")).to_have_text(hostile)
    found.locator(".toggle").click()
    expect(page.locator("tbody.workflow tr[data-task-id]")).to_contain_text(hostile)
    for place in ("strong", ".message small"):
        said = found.locator(place).evaluate("one => getComputedStyle(one).unicodeBidi")
        assert said == "isolate", place
    assert page.locator("img, td script").count() == 0
    assert page.evaluate("window.harmed") is None


@pytest.mark.parametrize(
    "refused", ["**/internal/tasks?**top=true", "**/internal/tasks?workflow_id**"]
)
def test_it_is_never_live_over_what_cannot_be_read(
    api: RunningApi, records: Records, open_page: OpenPage, refused: str
) -> None:
    page = open_page(api)
    opened(page)
    is_live(page)
    page.route(refused, lambda route: route.fulfill(status=503, json={"detail": "away"}))
    records.progress("half", 200)
    expect(page.locator("#connection")).to_have_attribute("data-state", "stale")
    expect(page.locator("#notice")).to_contain_text("The store does not answer")
    expect(head(page)).to_be_visible()  # as it was
    page.unroute(refused)
    is_live(page)
    expect(head(page)).to_contain_text("69.8%")
    expect(page.locator("#notice")).to_be_hidden()


def ours(request: Request) -> bool:
    """Whether workflows or their tasks are asked for."""
    return "internal/workflow" in request.url or "workflow_id" in request.url


def test_however_many_are_open_they_are_read_one_after_the_other(
    api: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    """Four requests a second for all of them at most, and none at a time when nothing happens."""
    records, asked, under_way, most = Records(redis_url), list[str](), 0, 0
    for number in range(5):
        many(records, 12, f"w-{number}")
        records.run(f"w-{number}-0")
        records.run(f"w-{number}-1")
        records.fail(f"w-{number}-1", "why")
    page = open_page(api)
    expect(page.locator("tbody.workflow")).to_have_count(5)

    def begins(request: Request) -> None:
        nonlocal under_way, most
        if ours(request):
            asked.append(request.url)
            under_way += 1
            most = max(most, under_way)

    def ends(request: Request) -> None:
        nonlocal under_way
        under_way -= ours(request)

    for number in range(5):
        opened(page, f"w-{number}")
        whole(page, f"w-{number}").get_by_role("button", name="All").click()
        expect(members(page, f"w-{number}")).to_have_count(10)
    page.wait_for_load_state("networkidle")
    page.on("request", begins)
    page.on("requestfinished", ends)
    page.on("requestfailed", ends)
    began = float(page.evaluate("performance.now()"))
    for step in range(1, 31):
        for number in range(5):
            records.progress(f"w-{number}-0", step * 8)
    for number in range(5):
        expect(head(page, f"w-{number}").locator(".figures b")).to_have_text("16.2%")
    seconds = (float(page.evaluate("performance.now()")) - began) / 1000
    assert most == 1
    assert len(asked) <= 4 * (seconds + 1), asked
