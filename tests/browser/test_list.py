"""What a person chooses on the live page, and that rows stay where a pointer or the keyboard is."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from progress_backend.record import events as ev
from tests.browser.conftest import OpenPage
from tests.browser.looking import (
    asked,
    is_live,
    keep_copied,
    listed,
    marked,
    never_loaded_again,
    row,
    shows,
)
from tests.records import Records
from tests.waiting import eventually
from tests.web.serving import RunningApi

PHONE = {"width": 390, "height": 800}


def test_back_and_forward_lead_through_what_was_chosen(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(25):
        records.create(f"task-{number}")
    records.start("running")
    page = open_page(api)
    shows(page, "running", "running")
    page.get_by_role("button", name="Show all, newest first").click()
    shows(page, "task-24", "created")
    marked(page)
    page.get_by_role("button", name="Older").click()
    shows(page, "task-0", "created")
    assert asked(page) == {"page": "2", "sort": "newest"}
    page.get_by_role("button", name="Running 1").click()
    expect(row(page, "task-0")).to_have_count(0)
    assert asked(page) == {"status": "running"}
    page.locator("#search").fill("no such")
    expect(row(page, "running")).to_be_hidden()
    page.go_back()  # of what was typed only the first letter is a step
    expect(row(page, "running")).to_be_visible()
    expect(page.locator("#search")).to_have_value("")
    page.go_back()
    shows(page, "task-0", "created")
    expect(page.locator("#paging")).to_contain_text("Page 2 of 2")
    page.go_back()
    shows(page, "task-24", "created")
    page.go_forward()
    shows(page, "task-0", "created")
    page.go_forward()
    expect(page.get_by_role("button", name="Running 1")).to_have_attribute("aria-pressed", "true")
    never_loaded_again(page)
    page.go_back()
    shows(page, "task-0", "created")
    page.reload()
    shows(page, "task-0", "created")


def test_the_list_has_sections_and_what_waits_is_folded(
    api: RunningApi, records: Records, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as yesterday:
        yesterday.setattr(records, "_later", lambda now: now - timedelta(days=1))
        records.start("earlier")
        records.complete("earlier")
    waiting = [f"waits-{number}" for number in range(6)]
    later, identity = datetime.now(UTC) + timedelta(hours=1), ev.Identity("with_eta")
    records.apply(waiting[0], ev.Created(identity=identity, eta=later))
    for task_id in ("ended", "runs", *waiting[1:]):
        records.create(task_id)
    for task_id in ("runs", "ended"):
        records.run(task_id)
    records.complete("ended")
    page = open_page(api, "/?lang=en")
    shows(page, "runs", "running")
    headings = page.locator("#table").get_by_role("heading", level=2)
    expect(headings).to_have_text(["1 running", "6 waiting", "1 ended today", "1 ended earlier"])
    expect(page.locator("#filters b")).to_have_text(["9", "6", "1", "0", "2", "0", "0", "0", "0"])
    fold = page.get_by_role("button", name="6 waiting")
    expect(fold).to_have_attribute("aria-expanded", "false")
    expect(page.locator(".section").nth(1)).to_contain_text("oldest: fetch_data 7203.T")
    assert listed(page) == ["runs", "ended", "earlier"]
    fold.click()
    expect(fold).to_have_attribute("aria-expanded", "true")

    def opened() -> bool:
        first, *between, last, _ = listed(page)
        assert (first, sorted(between), last) == ("runs", waiting, "ended")
        return True

    eventually(opened)
    fold.click()
    expect(row(page, "waits-0")).to_have_count(0)
    page.locator("#search").fill("waits-3")  # who looks for one sees it
    expect(row(page, "waits-3")).to_be_visible()
    expect(row(page, "runs")).to_be_hidden()


SLIDES = """window.slides = 0; const { animate } = Element.prototype;
Element.prototype.animate = function (...its) { window.slides += 1; animate.apply(this, its) }; 0"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_row_that_changes_its_section_slides_there(
    api: RunningApi, records: Records, open_page: OpenPage, motion: str
) -> None:
    for task_id in ("one", "two"):
        records.start(task_id)
    page = open_page(api, "/?lang=en", reduced_motion=motion)
    shows(page, "two", "running")
    is_live(page)
    page.evaluate(SLIDES)
    records.complete("two")
    eventually(lambda: listed(page) == ["one", "two"], what="the row is in its new section")
    assert bool(page.evaluate("window.slides")) is (motion == "no-preference")


def test_rows_stay_under_a_pointer_and_new_ones_wait(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("one", "two"):
        records.start(task_id)
    page = open_page(api, "/?status=running&lang=en")
    shows(page, "two", "running")
    row(page, "one").hover()
    news = page.get_by_role("button", name="1 new")
    records.start("three")
    expect(news).to_be_visible()
    records.progress("one", 126)
    expect(row(page, "one")).to_contain_text("50%")
    records.complete("two")  # it has left the filter, and keeps its place
    shows(page, "two", "completed")
    assert listed(page) == ["two", "one"]
    page.locator("h1").hover()
    shows(page, "three", "running")
    expect(row(page, "two")).to_have_count(0)
    expect(page.locator("#news")).to_be_hidden()
    tools = page.locator("#tools").locator("input, summary, button")
    tools.locator("visible=true").last.focus()
    page.keyboard.press("Tab")
    expect(row(page, "three").locator(".open")).to_be_focused()
    records.start("four")
    expect(news).to_be_visible()
    assert listed(page) == ["three", "one"]
    page.keyboard.press("Shift+Tab")
    expect(news).to_be_focused()
    page.keyboard.press("Enter")
    shows(page, "four", "running")
    assert listed(page) == ["four", "three", "one"]
    expect(row(page, "four")).to_be_focused()


def test_a_type_and_a_symbol_are_chosen_in_a_row(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("plain", symbol=None)
    records.start("one", symbol="6758.T", owner="alice")
    records.start("other")
    page = open_page(api)
    name = shows(page, "one", "running").locator("strong")
    expect(name).to_have_text("6758.T")
    name.hover()
    row(page, "one").get_by_role("button", name="Symbol: 6758.T").click()
    expect(page.locator("tr[data-task-id]")).to_have_count(1)
    row(page, "one").get_by_role("button", name="Type: fetch_data").click()
    chips = page.locator("#filters .chosen:visible")
    expect(chips).to_have_text(["Type: fetch_data ×", "Symbol: 6758.T ×"])
    assert asked(page) == {"task_type": "fetch_data", "symbol": "6758.T"}
    shows(page, "one", "running")
    records.start("next", symbol="6758.T")
    page.locator("h1").hover()
    shows(page, "next", "running")
    page.reload()
    shows(page, "next", "running")
    row(page, "one").get_by_role("button", name="Owner: alice").click()
    expect(chips).to_have_text(["Owner: alice ×"])  # there is no index of an owner and others
    shows(page, "one", "running")
    chips.click()
    expect(page.locator("tr[data-task-id]")).to_have_count(4)
    assert asked(page) == {}


def test_what_is_typed_filters_within_the_page_and_the_page_says_so(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("apples", symbol="APPLE")
    records.start("pears", symbol="PEAR")
    records.progress("pears", 63, "sorting by size")
    records.member("m", "the-group", name="fruit salad")
    page = open_page(api)
    shows(page, "apples", "running")
    found = page.locator("#found")
    expect(found).to_be_hidden()
    for text, seen in (("appl", "apples"), ("By Size", "pears")):
        page.locator("#search").fill(text)
        expect(found).to_have_text("within this page: 1 of 3")
        expect(page.locator("tr[data-task-id]:visible")).to_have_attribute("data-task-id", seen)
    page.locator("#search").fill("salad")
    expect(page.locator("tr[data-workflow-id]:visible")).to_have_count(1)
    expect(page.locator("tr[data-task-id]:visible")).to_have_count(0)
    page.reload()
    expect(page.locator("#search")).to_have_value("salad")
    expect(found).to_have_text("within this page: 1 of 3")
    page.locator("#search").fill("")
    expect(page.locator("tr[data-task-id]:visible")).to_have_count(2)
    assert asked(page) == {}


def test_the_tabs_title_has_the_number_of_running_tasks(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.create("waiting")
    page = open_page(api)
    shows(page, "waiting", "created")
    for number in range(1, 4):
        records.start(f"job-{number}")
    expect(page).to_have_title("3 running · Task progress")
    width = "async src => { const i = new Image(); i.src = src; await i.decode(); return i.width }"
    assert page.evaluate(width, page.locator("link[rel=icon]").get_attribute("href")) > 0


def test_on_a_phone_statuses_with_tasks_come_first_and_all_can_be_touched(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(22):
        records.start(f"job-{number}", owner="alice")
        records.fail(f"job-{number}", "no such price") if number % 2 else None
    page = open_page(api, viewport=PHONE)
    shows(page, "job-21", "error")
    is_live(page)
    left = "all => all.map(one => [one.getBoundingClientRect().left, one.dataset.filter])"
    chips = sorted(page.locator("#filters [data-filter]:visible").evaluate_all(left))
    assert [name for _, name in chips][:3] == ["all", "running", "error"]
    small = """all => all.filter(one => one.checkVisibility()).map(one => {
      const { width, height } = one.getBoundingClientRect();
      return [one.outerHTML.slice(0, 80), Math.round(width), Math.round(height)];
    }).filter(([, width, height]) => width < 24 || height < 24)"""
    assert page.locator("button, a, input, select, summary").evaluate_all(small) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert re.search(r"lang=", page.url) is None


def test_filters_are_suggested_in_the_search_field(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("slow", "usual"):
        records.start(task_id, owner="alice")
    records.warning("slow", stalled=datetime.now(UTC))
    page = open_page(api, "/?owner=alice&status=running&lang=en")
    shows(page, "usual", "running")
    search = page.locator("#search")
    offered = page.locator("#suggested option").evaluate_all("all => all.map(one => one.value)")
    assert offered == ["Symbol: 7203.T", "Type: fetch_data", "Owner: alice"]
    page.goto(f"http://127.0.0.1:{api.port}/?warning=stalled&lang=en")
    shows(page, "slow", "running")
    expect(row(page, "usual")).to_have_count(0)
    chip = page.locator("#filters [data-name=warning]")
    expect(chip).to_have_text("Warning: Stalled ×")
    expect(page.locator("#filters b")).to_have_text([""] * 9)  # the counts would be of all tasks
    search.evaluate(
        "field => { field.value = 'Type: fetch_data'; field.dispatchEvent("
        "new InputEvent('input', {inputType: 'insertReplacementText'})); }"
    )
    shows(page, "slow", "running")
    assert asked(page) == {"task_type": "fetch_data"}
    expect(page).to_have_title("2 running · Type: fetch_data · Task progress")
    expect(search).to_have_value("")
    page.go_back()
    expect(chip).to_be_visible()
    records.progress("slow", 63)  # goes on, and has the warning no more
    expect(page.locator("#empty")).to_have_text(re.compile(r"^No tasks match\."))
    expect(page.locator("#suggested option")).to_have_count(0)  # each would find nothing


@pytest.mark.parametrize(
    ("value", "name"), [("7203.T", "symbol"), ("fetch_data", "task_type"), ("carol", "owner")]
)
def test_a_bare_value_is_looked_for_in_the_whole_store(
    value: str, name: str, api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.create("old", owner="carol")
    for number in range(20):
        records.apply(f"newer-{number}", ev.Created(identity=ev.Identity("other", 252, "PEAR")))
    page = open_page(api, "/?sort=newest&lang=en")
    shows(page, "newer-19", "created")
    page.locator("#search").fill(value)
    expect(page.locator("#found")).to_have_text("within this page: 0 of 20")
    page.keyboard.press("Enter")
    shows(page, "old", "created")
    assert (listed(page), asked(page)) == (["old"], {name: value})
    expect(page.locator("#search")).to_have_value("")


def test_the_beginning_of_an_id_is_looked_for_by_the_service(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    whole = "3f2a0001-77aa-4b1c-9e8d-0123456789ab"
    for task_id in (whole, "3f2a00-b", *(f"newer-{number}" for number in range(20))):
        records.create(task_id)
    page = open_page(api, "/?sort=newest&lang=en")
    shows(page, "newer-19", "created")
    search = page.locator("#search")
    search.fill("3f2a0")
    expect(page.locator("#found")).to_have_text("within this page: 0 of 20")
    page.keyboard.press("Enter")  # too little of an id, and no symbol
    expect(page.locator("#found")).not_to_contain_text("within")
    search.fill("3f2a00")
    page.keyboard.press("Enter")
    shows(page, "3f2a00-b", "created")
    assert listed(page) == ["3f2a00-b", whole]
    assert asked(page) == {"id_prefix": "3f2a00"}
    expect(search).to_have_value("")
    chip = page.locator("#filters [data-name=id_prefix]")
    expect(chip).to_have_text("Id: 3f2a00… ×")
    search.fill(whole)  # a whole id, pasted, needs no Enter
    expect(page.locator("#panel .id code")).to_have_text(whole)
    assert asked(page) == {"id_prefix": "3f2a00", "task": whole}
    expect(search).to_have_value("")
    page.keyboard.press("Escape")
    page.locator("#filters [data-filter=created]").click()  # no index of both
    expect(chip).to_be_hidden()
    shows(page, "newer-19", "created")
    search.fill("3f2a00-")
    page.keyboard.press("Enter")
    shows(page, "3f2a00-b", "created")
    assert asked(page) == {"id_prefix": "3f2a00-"}
    search.fill("720")
    page.keyboard.press("Enter")
    shows(page, "newer-0", "created")
    assert asked(page) == {"symbol_prefix": "720"}
    expect(page.locator("#paging")).to_have_text("Page 1 of 2 · 22 among the newest 10,000")


def test_the_order_is_chosen_as_far_as_there_is_one(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("first", "second", "third"):
        records.start(task_id)
    records.create("waiting")
    for task_id in ("second", "third", "first"):
        records.complete(task_id) if task_id != "first" else None
    page = open_page(api, "/?lang=en")
    shows(page, "waiting", "created")
    order = page.get_by_label("Order")
    eventually(lambda: listed(page) == ["first", "waiting", "third", "second"])
    assert asked(page) == {}
    order.select_option("Newest first")
    eventually(lambda: listed(page) == ["waiting", "third", "second", "first"])
    assert asked(page) == {"sort": "newest"}
    page.get_by_role("button", name="Running 1").click()
    expect(row(page, "waiting")).to_have_count(0)
    assert asked(page) == {"status": "running"}  # there is no such order of one status
    expect(order).to_be_hidden()
    page.get_by_role("button", name="Completed 2").click()
    eventually(lambda: listed(page) == ["third", "second"])
    order.select_option("Last ended first")
    records.complete("first")
    eventually(lambda: listed(page) == ["first", "third", "second"])
    page.reload()
    shows(page, "first", "completed")
    expect(order).to_have_value("ended")
    page.get_by_role("button", name="Waiting 1").click()
    expect(order).to_be_hidden()
    page.go_back()
    eventually(lambda: listed(page) == ["first", "third", "second"])


def test_a_row_has_its_id_to_copy(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    for task_id in ("one", "two"):
        records.start(task_id)
    page = open_page(api, "/?lang=en", permissions=["clipboard-read", "clipboard-write"])
    keep_copied(page)
    shows(page, "one", "running").hover()
    copy = row(page, "one").get_by_role("button", name="Copy the id")
    expect(copy).to_have_attribute("title", "one")
    expect(copy).to_have_attribute("tabindex", "-1")
    page.evaluate("window.copied = navigator.clipboard.readText.bind(navigator.clipboard)")
    copy.click()
    expect(row(page, "one").get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("copied()") == "one"
    row(page, "two").locator(".open").focus()
    page.keyboard.press("y")
    eventually(lambda: page.evaluate("copied()") == "two", what="the id is copied")
    page.evaluate("delete Navigator.prototype.clipboard")  # as without TLS
    row(page, "one").locator(".open").focus()
    page.keyboard.press("y")
    eventually(lambda: page.evaluate("copied()") == "one", what="the id is copied")
    expect(row(page, "one").locator(".open")).to_be_focused()
