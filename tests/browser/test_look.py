"""How rows look: at every width, long or short, in forced colours, and while they may be old."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, expect

from progress_backend.record import events as ev
from tests.browser.conftest import OpenPage, kept
from tests.browser.looking import row, shows
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

LONG = "a message that goes on and on, " * 20
#: On both sides of each width at which the list is laid out in another way.
WIDTHS = (320, 640, 800, 801, 900, 1100, 1440, 2560)


@pytest.fixture
def records(redis_url: str) -> Records:
    """One of each kind."""
    records = Records(redis_url)
    records.create("created")
    records.start("running")
    records.progress("running", 150, LONG)
    records.warning("running", stalled=datetime.now(UTC), late=datetime.now(UTC))
    records.start("x" * 200, "S" * 200)
    details = {"processing_rate": "12.5 megabytes per second and then some"}
    records.apply("x" * 200, ev.Progressed(current=4, message="y" * 500, details=details))
    records.start("many", total=1_000_000)
    records.apply("many", ev.Progressed(current=100_000, details=details))
    records.start("most", total=2**53 - 1)
    records.progress("most", 2**53 - 2)
    records.start("paused")
    records.apply("paused", ev.Paused(by="desk", reason="closed until nine"))
    records.start("completed")
    records.complete("completed")
    records.start("error")
    records.fail("error", "ConnectionError: price source did not answer " * 20)
    records.start("cancelled")
    records.apply("cancelled", ev.Cancelled(by="api"))
    records.apply("cancelled", ev.Acknowledged())
    return records


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("locale", ["ja-JP", "en-US"])
def test_all_can_be_read_at_every_width(
    api: RunningApi, records: Records, open_page: OpenPage, locale: str
) -> None:
    page = open_page(api, locale=locale)
    shows(page, "running", "running")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for task_id in ("running", "error", "cancelled", "paused", "many", "most", "x" * 200):
            cells = row(page, task_id).locator("td")
            cut = "cells => cells.filter(c => c.scrollWidth > c.clientWidth + 1 && !c.title).length"
            assert cells.evaluate_all(cut) == 0, task_id
        uncut = "e => e.scrollWidth <= e.clientWidth"
        assert row(page, "many").locator(".figures span").evaluate(uncut)
        most = row(page, "most").locator(".figures span")
        assert most.get_attribute("title") == "9,007,199,254,740,990 / 9,007,199,254,740,991"
        message = row(page, "running").locator(".message span")
        shown = box(message)
        assert shown["width"] >= min(200, width - 80)
        assert shown["height"] < 30  # one line, however long it is
        expect(message).to_have_attribute("title", LONG)
        heights = "rows => rows.map(row => row.getBoundingClientRect().height)"
        found = page.locator("#table tr[data-task-id]").evaluate_all(heights)
        assert width < 800 or all(44 <= height <= 56 for height in found), found
        # A row is as high with a message as without one, or those below it would move as it ends.
        assert width < 800 or max(found) - min(found) <= 1, found
        parts = [row(page, "many").locator(f".open {part}") for part in ("strong", ".type")]
        assert parts[0].evaluate(uncut) or box(parts[1])["width"] == 0
        name = row(page, "x" * 200).locator(".open")
        expect(name).to_have_attribute("title", f"fetch_data {'S' * 200}\n{'x' * 200}")
        expect(row(page, "x" * 200).locator(".rate")).to_have_attribute(
            "title", "12.5 megabytes per second and then some"
        )


def test_the_panel_stands_beside_the_times_and_a_phone_has_them_on_one_line(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, "/?lang=en", viewport={"width": 1280, "height": 800})
    since, panel = shows(page, "completed", "completed").locator(".since"), page.locator("#panel")
    for width, beside in ((1280, True), (1199, False), (1200, True)):
        page.set_viewport_size({"width": width, "height": 800})
        row(page, "completed").locator(".open").press("Enter")
        expect(panel.locator(".head")).to_be_visible()
        assert (box(since)["x"] + box(since)["width"] <= box(panel)["x"]) is beside, width
        page.keyboard.press("Escape")
    for width in (360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert box(since)["height"] < 30
        assert box(since)["y"] > box(row(page, "completed").locator(".progress"))["y"]
        assert abs(box(page.locator("#menu"))["y"] - box(page.locator("h1"))["y"]) < 12


def test_what_is_written_from_right_to_left_turns_nothing_else(
    api: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    """Nor what only says that it is (U+202E), which an id may."""
    records, turned = Records(redis_url), "\u202eabc"
    records.start(turned, symbol=turned)
    details = {"processing_rate": turned}
    records.apply(turned, ev.Progressed(current=4, message=turned, details=details))
    page = open_page(api)
    shows(page, turned, "running")

    def isolated(*places: str) -> None:
        for place in places:
            found = row(page, turned).locator(place)
            expect(found).to_contain_text(turned)
            isolation = "all => all.map(one => getComputedStyle(one).unicodeBidi)"
            assert found.evaluate_all(isolation) == ["isolate"], place

    isolated(".open strong", ".rate", ".message span")
    records.fail(turned, turned)
    isolated(".message span")


def test_forced_colours_show_bars_and_what_is_chosen(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, forced_colors="active")
    bar = shows(page, "running", "running").locator(".bar")
    colour = "e => getComputedStyle(e).backgroundColor"
    assert bar.locator("i").evaluate(colour) != bar.evaluate(colour)
    pressed, other = page.locator("[data-filter=all]"), page.locator("[data-filter=error]")
    assert pressed.evaluate(colour) != other.evaluate(colour)
    symbol = "e => getComputedStyle(e, '::before').backgroundImage"
    cancel = shows(page, "running", "running").get_by_role("button", name="Cancel")
    assert "gradient" in cancel.evaluate(symbol), "its cross is visible"


def test_a_print_has_the_rows_without_what_is_pressed(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, color_scheme="dark")
    name = shows(page, "running", "running").locator(".open strong")
    page.emulate_media(media="print", color_scheme="dark")
    expect(name).to_be_visible()
    expect(
        page.locator("button:visible, select:visible, input:visible, nav:visible")
    ).to_have_count(0)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == "rgb(255, 255, 255)"


@pytest.mark.parametrize("title", ["", "Shop, staging"])
@pytest.mark.parametrize("path", ["task/running", "workflow/w"])
def test_a_records_own_page_has_the_header_and_the_keys_of_the_list(
    start_api: StartApi, open_page: OpenPage, redis_url: str, title: str, path: str
) -> None:
    Records(redis_url).member("running", "w", name="nightly")
    page = open_page(start_api(redis_url=redis_url, title=title), f"/{path}?lang=en")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("header .environment")).to_have_text(title or "Task progress")
    page.locator("#menu").click()
    page.locator("#theme").select_option("dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys dd:visible")).to_have_text(["Search", "Copy the id"])
    page.keyboard.press("Escape")
    page.keyboard.press("y")
    expect(page.locator(".head .copy")).to_have_text("Copied")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.go_back()
    page.get_by_role("link", name="Workers").click()
    expect(page.locator("#workers h2")).to_have_text("Workers")


@pytest.mark.parametrize("path", ["", "task/a%20b", "workflow/w"])
def test_without_javascript_a_line_leads_to_the_json(
    api: RunningApi, open_page: OpenPage, path: str
) -> None:
    page = open_page(api, f"/{path}", java_script_enabled=False)
    expect(page.locator("noscript p")).to_have_count(2)  # in each language
    link = page.locator("noscript a").first
    its = f"internal/{path}/status" if path else "internal/tasks"
    assert link.evaluate("a => a.href") == f"http://127.0.0.1:{api.port}/{its}"
    assert page.locator("button:visible").count() == 0


def test_a_notice_is_not_behind_a_dialog(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, "/?lang=en")
    shows(page, "running", "running")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.route("**/internal/tasks?**", lambda one: one.fulfill(status=503, json={"detail": "-"}))
    records.complete("running")
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("Redis is not")
    kept("notice in a dialog", 0, page.screenshot)
    page.keyboard.press("Escape")
    expect(page.locator("main").get_by_role("alert")).to_contain_text("Redis is not")


def test_the_focus_goes_to_the_panel_and_back(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    page = open_page(api, "/?lang=en")
    link, panel = row(page, "running").locator(".open"), page.locator("#panel")
    link.press("Enter")
    expect(panel).to_be_focused()
    expect(panel).to_have_attribute("aria-label", "fetch_data 7203.T")
    records.progress("running", 200)
    expect(panel.locator(".numbers")).to_contain_text("79.3%")
    expect(panel).to_have_attribute("aria-label", "fetch_data 7203.T")
    page.keyboard.press("Escape")
    expect(link).to_be_focused()
    link.press("Enter")
    following = panel.get_by_role("button", name="Next")
    following.press("Enter")
    expect(following).to_be_focused()
    page.go_back()
    expect(panel).to_be_hidden()
    expect(page.locator("#table .open:focus")).to_have_count(1)


def test_the_focus_stays_on_the_row_after_an_act(
    api: RunningApi, open_page: OpenPage, redis_url: str
) -> None:
    records = Records(redis_url)
    for task_id in ("one", "two"):
        records.start(task_id)
    page = open_page(api, "/?status=running&lang=en")
    button = shows(page, "one", "running").get_by_role("button", name="Pause")
    page.locator("[data-filter=all]").click()
    button.focus()
    page.keyboard.press("Enter")
    expect(row(page, "one").get_by_role("button", name="Resume")).to_be_focused()
    row(page, "one").get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Cancel it").click()
    shows(page, "one", "cancelled")
    expect(row(page, "one")).to_be_focused()
    records.start("three")
    page.get_by_role("button", name="Running 2").click()
    shows(page, "three", "running").get_by_role("button", name="Pause").focus()
    page.keyboard.press("Enter")
    # It stays while the keyboard is in it, and leaves with that.
    expect(row(page, "three").get_by_role("button", name="Resume")).to_be_focused()
    page.locator("#search").focus()
    expect(row(page, "three")).to_have_count(0)
