"""The page of one task and that of one workflow."""

import re
from io import BytesIO
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page, expect

from progress_backend.record import events as ev
from progress_backend.record.model import Member
from tests.browser.conftest import OpenPage
from tests.browser.looking import asked, keep_copied, row
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

W = "the-group"
TRACEBACK = "Traceback (most recent call last):\n" + "  File\n" * 30 + "ValueError: no such price"


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url, locale="en", timezone="Asia/Tokyo")


def facts(page: Page, title: str) -> list[str]:
    """The names and values of a card, without how long ago that was."""
    card = page.locator(".card", has=page.get_by_role("heading", name=title, exact=True))
    expect(card).to_be_visible()
    texts = card.locator("dt, dd").all_inner_texts()
    return [text.split("\n")[0] for text in texts]


def test_a_row_leads_to_its_tasks_page_which_is_live_to_the_end(
    api: RunningApi, open_page: OpenPage
) -> None:
    task_id = api.create(metadata={"desk": "tokyo"})
    page = open_page(api, timezone_id="Asia/Kolkata")
    row(page, task_id).click()  # anywhere in it
    expect(page.locator("#record h1")).to_have_text("fetch_data 7203.T")
    page.get_by_role("link", name="Own page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("fetch_data 7203.T")
    expect(page.locator(".pill")).to_have_text("Waiting")
    expect(page.locator("#connection")).to_have_text("Live")
    expect(page.locator("dd", has_text="tokyo")).to_be_visible()
    api.update(task_id, current_items=63, message="page 1 of 4", details={"pages": 4})
    expect(page.locator(".numbers")).to_contain_text("25%63 / 252")
    expect(page.locator(".text")).to_have_text("page 1 of 4")
    expect(page.get_by_label("Details")).to_contain_text('"pages": 4')
    expect(page).to_have_title("25% · fetch_data 7203.T")
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    api.update(task_id, status="completed", results={"rows": 252})
    expect(page.locator("dt", has_text="rows")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Ended")
    expect(page.locator(".text")).to_be_hidden()  # it says what the status says
    expect(page.locator(".head .acts button")).to_have_count(0)
    names = ["Created", "Started", "Last change", "Ended", "Waited", "Took"]
    # A message has no start: the record is read a moment later.
    eventually(lambda: facts(page, "Times")[::2] == names, what="all times are there")
    assert facts(page, "Times")[1].endswith("+05:30")
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.locator("#table")).to_be_visible()


def test_an_error_is_its_cause_first_and_then_in_full(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    records.fail("job", TRACEBACK)
    page = open_page(api, "/task/job", permissions=["clipboard-read", "clipboard-write"])
    expect(page.locator(".why")).to_have_text("ValueError: no such price")
    text = page.get_by_label("Error")
    expect(text).to_have_text(TRACEBACK)
    card = page.locator(".card", has=text)
    keep_copied(page)
    card.get_by_role("button", name="Copy").click()
    expect(card.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == TRACEBACK
    assert facts(page, "Run") == ["Worker", "celery@tests", "Attempt", "1", "Cause", "exception"]


@pytest.mark.parametrize("kind", ["task", "workflow"])
def test_what_is_not_there_may_come(
    api: RunningApi, records: Records, open_page: OpenPage, kind: str
) -> None:
    page = open_page(api, f"/{kind}/later")
    expect(page.locator("#nothing h1")).to_have_text(
        f"This {'job' if kind == 'task' else kind} is no longer available"
    )
    expect(page.locator("#nothing code")).to_have_text("later")
    if kind == "task":
        records.create("later")
    else:
        records.member("one", "later")
    expect(page.locator("#nothing")).to_be_hidden()
    expect(page.locator(".pill")).to_have_text("Waiting")
    if kind == "task":
        records.progress("later", 63)
        expect(page.locator(".numbers")).to_contain_text("25%")


def test_any_id(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    page = open_page(api)
    for its_id in ("a/b", "a b?c#d", '"><img src=x onerror=alert(1)>', "{{base}}"):
        records.create(its_id)
        page.goto(f"http://127.0.0.1:{api.port}/task/{quote(its_id, safe='')}")
        expect(page.locator(".id code")).to_have_text(its_id)
        expect(page.locator("#connection")).to_have_text("Live")
    page.goto(f"http://127.0.0.1:{api.port}/task/a/b")
    expect(page.locator(".id code")).to_have_text("a/b")
    page.get_by_role("link", name="Tasks", exact=True).click()
    expect(page.locator("#table")).to_be_visible()


def test_a_workflow_with_its_failures_first(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(45):
        records.member(f"m-{number:02}", W, name="fetch ×45")
    for number in range(25):
        records.run(f"m-{number:02}")
    for number in range(20):
        records.complete(f"m-{number:02}")
    records.fail("m-20", "no such price")
    page = open_page(api)
    page.locator("tr[data-workflow-id]").click()
    expect(page.locator("#record h1")).to_have_text("fetch ×45")
    page.get_by_role("link", name="Own page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("fetch ×45")
    expect(page.locator(".why")).to_have_text("1 failed")
    # A square for each task leads to it; what failed is named by its error.
    squares = page.locator(".steps a")
    expect(squares).to_have_count(45)
    expect(squares.first).to_have_attribute(
        "href", re.compile("task/m-00")
    )  # the first that was made
    expect(page.locator(".steps a.running")).to_have_count(4)
    expect(page.locator(".causes li")).to_have_text(["1 × no such price fetch_data"])
    expect(page.locator(".steps a.error")).to_have_attribute("href", re.compile("task/m-20"))
    squares.first.focus()
    page.keyboard.press("ArrowRight")
    expect(squares.nth(1)).to_be_focused()
    assert page.locator(".steps a[tabindex='0']").count() == 1
    rows = page.locator("tr[data-task-id]")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("no such price")
    page.get_by_role("button", name="All 45").click()
    expect(rows).to_have_count(20)
    page.get_by_role("button", name="Running 4").click()
    expect(rows).to_have_count(4)
    records.complete("m-21")
    expect(rows).to_have_count(3)  # as it changes
    expect(page.locator(".steps a.completed")).to_have_count(21)
    row(page, "m-22").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("fetch_data")
    page.get_by_role("link", name=W).click()  # its task leads back
    expect(page.get_by_role("heading", level=1)).to_have_text("fetch ×45")


def test_a_row_opens_beside_the_list_and_keys_go_on(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for task_id in ("one", "two", "three"):
        records.start(task_id, symbol=task_id)
    records.member("m", W, name="nightly")
    page = open_page(api, "/?status=running&lang=en")
    page.locator("tr[data-task-id=two] .open").click()
    name, panel = page.locator("#record h1"), page.locator("#panel")
    expect(name).to_have_text("fetch_data two")
    assert asked(page) == {"status": "running", "task": "two"}
    expect(row(page, "two")).to_have_attribute("aria-current", "true")
    records.progress("two", 63, "as it runs")
    expect(panel.locator(".text")).to_have_text("as it runs")
    page.keyboard.press("ArrowDown")
    expect(name).to_have_text("fetch_data one")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(name).to_have_text("fetch_data three")
    expect(panel.locator("#record")).to_have_count(1)
    page.reload()
    expect(name).to_have_text("fetch_data three")
    panel.get_by_role("button", name="Pause").click()
    expect(panel.locator(".pill")).to_have_text("Pause requested")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    assert asked(page) == {"status": "running"}
    eventually(lambda: api.watched() == 0, what="its line is left")
    page.goto(f"http://127.0.0.1:{api.port}/?lang=en")
    page.locator("tr[data-workflow-id] .open").click()
    panel.locator("tr[data-task-id=m] .open").click()
    expect(name).to_have_text("fetch_data")
    page.go_back()
    expect(panel).to_be_hidden()
    page.set_viewport_size({"width": 390, "height": 800})
    row(page, "two").locator(".open").click()  # where there is no room beside it
    expect(page.get_by_role("link", name="Tasks", exact=True)).to_be_visible()


def test_a_page_that_is_left_closes_its_socket(api: RunningApi, open_page: OpenPage) -> None:
    page = open_page(api, f"/task/{api.create()}")
    expect(page.locator("#connection")).to_have_text("Live")
    assert api.watched() == 1
    page.goto("about:blank")
    eventually(lambda: api.watched() == 0, what="the socket is closed")


def test_errors_of_one_cause_are_one_group(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for n in range(3):
        records.member(f"m-{n}", "w", name="thumbs")
        records.run(f"m-{n}")
        records.fail(f"m-{n}", f"OSError: cannot identify image file '/data/{n}.png'")
    never = ev.Failed(error_message="not run", cause="upstream")
    records.member("m-3", "w")
    records.apply("m-3", never)
    page = open_page(api, "/workflow/w?lang=en")
    causes = page.locator(".causes li")
    expect(causes).to_have_count(2)
    expect(causes.first).to_contain_text("3 × OSError: cannot identify image file …")
    expect(page.locator(".steps a.never")).to_have_count(1)


def test_the_squares_of_a_chain_of_several_types_have_names(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for n, (task_type, symbol) in enumerate([("load", "7203.T"), ("clean", None), ("load", "all")]):
        identity = ev.Identity(task_type, 10, symbol, member=Member(("w",)))
        records.apply(f"m-{n}", ev.Created(identity=identity, workflow_name="load → clean → load"))
    page = open_page(api, "/workflow/w?lang=ja", color_scheme="dark")
    expect(page.locator(".steps > div")).to_have_text(["load0/27203.Tall", "clean0/1"])


@pytest.mark.parametrize("colours", [{}, {"forced_colors": "active"}])
def test_a_chains_steps_have_count_time_and_a_shape_for_each_state(
    api: RunningApi, records: Records, open_page: OpenPage, colours: Any
) -> None:
    for n in range(6):
        records.member(f"m-{n}", "w", name="chain")
    for n in range(1, 5):
        records.run(f"m-{n}")
    records.complete("m-1")
    records.fail("m-2", "no such price")
    records.apply("m-3", ev.Cancelled())
    records.apply("m-5", ev.Failed(error_message="not run", cause="upstream"))
    records.planned("m-6", "w")
    page = open_page(api, "/workflow/w?lang=en", **colours)
    steps = page.locator(".steps b small")
    expect(steps).to_have_text([re.compile(r"^4/6 · \d+:\d\d$"), "0/1"])
    expect(page.locator(".steps a.completed")).to_have_attribute(
        "title", re.compile(r"^fetch_data: Completed, took \d+:\d\d$")
    )
    states = ("created", "completed", "error", "cancelled", "running", "never")
    shots = [page.locator(f".steps a.{state}").first.screenshot() for state in states]
    grey = [ImageOps.autocontrast(Image.open(BytesIO(one)).convert("L")) for one in shots]
    forms = {one.point(lambda v: 255 * (v > 127)).tobytes() for one in grey}  # without colours
    assert len(forms) == len(states)
