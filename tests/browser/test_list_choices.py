"""What is chosen on the live page: filters that go with no other, dates, words, by any keyboard."""

import csv
import io
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from progress_backend.credentials import tokens
from tests.browser.conftest import OpenPage
from tests.browser.looking import asked, marked, never_loaded_again, row, shows
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


def composed(page: Page, *texts: str) -> None:
    """As an input method makes a word: its letters, then what they become, not yet taken over."""
    session = page.context.new_cdp_session(page)
    for text in texts:
        composition = {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
        session.send("Input.imeSetComposition", composition)


def test_a_readers_name_of_the_filters_is_in_title_and_link(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/?lang=en&status=running")
    name = page.locator("#name")
    page.get_by_role("button", name="Share").click()
    name.fill("Night import")
    name.press("Enter")
    expect(page).to_have_title("1 running · Night import · Task progress")
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.get_by_role("button", name="Copy link").click()
    page.goto(page.evaluate("window.copied"))
    expect(page.locator("#called")).to_have_text("Night import")
    page.locator("[data-filter=created]").click()
    expect(page.locator("#called")).to_be_empty()
    assert asked(page) == {"status": "created"}


def test_of_filters_that_do_not_go_together_the_newer_stays(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("slow")
    records.warning("slow", stalled=datetime.now(UTC))
    page = open_page(api, "/?warning=stalled&lang=en")
    chips = page.locator("#filters .chosen:visible")
    shows(page, "slow", "running")
    expect(chips).to_have_text(["Warning: Stalled ×"])
    page.locator("#search").fill("fetch_data")
    page.keyboard.press("Enter")
    expect(chips).to_have_text(["Type: fetch_data ×"])
    assert asked(page) == {"task_type": "fetch_data"}
    page.go_back()
    expect(chips).to_have_text(["Warning: Stalled ×"])
    page.goto(f"http://127.0.0.1:{api.port}/?task_type=fetch_data&warning=stalled&page=3&lang=en")
    expect(chips).to_have_text(["Warning: Stalled ×"])
    shows(page, "slow", "running")
    assert asked(page) == {"warning": "stalled"}


def test_a_list_that_is_refused_says_why_and_asks_no_socket_for_ever(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/?lang=en")
    shows(page, "job", "running")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    notice = page.locator("#notice")
    for lang, refusal in (
        ("en", "The list was refused: symbol: "),
        ("ja", "一覧を取得できません。"),
    ):
        with page.expect_websocket(lambda socket: "symbol=xxx" in socket.url):
            page.goto(f"http://127.0.0.1:{api.port}/?symbol={'x' * 300}&lang={lang}")
        expect(notice).to_contain_text(refusal)
    for _ in range(3):  # that long it is asked again for the list
        with page.expect_request("**/internal/tasks?*"):
            pass
    assert len([url for url in sockets if "symbol=xxx" in url]) == 2  # one a page
    page.locator("#filters [data-name=symbol]").click()
    shows(page, "job", "running")
    expect(notice).to_be_hidden()


def test_the_page_of_a_list_without_numbers_is_found_again(
    redis_url: str, start_api: StartApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(42):
        records.create(f"task-{number}", owner="alice")
    text, token = tokens.new("one", "read", "fetch_data", owner="alice")
    page = open_page(start_api(redis_url=redis_url, tokens=(token.line(),)), "/?lang=en")
    page.locator("#token-text").fill(text)
    page.locator("#token-text").press("Enter")
    shows(page, "task-41", "created")
    expect(page.locator("#paging")).to_have_text("Page 1")
    older, newer = (page.get_by_role("button", name=name) for name in ("Older", "Newer"))
    older.evaluate("button => { button.click(); button.click(); }")  # pressed twice
    shows(page, "task-21", "created")
    assert asked(page)["page"] == "2"
    older.focus()
    page.keyboard.press("Enter")
    shows(page, "task-0", "created")
    expect(older).to_be_disabled()
    expect(newer).to_be_focused()
    page.get_by_role("button", name="Cancelled").click()
    expect(page.locator("#empty")).to_be_visible()
    page.go_back()
    shows(page, "task-0", "created")
    page.go_back()
    shows(page, "task-21", "created")
    assert asked(page)["page"] == "2"
    page.reload()  # where a page begins is not in the address
    shows(page, "task-41", "created")
    assert "page" not in asked(page)


def test_a_word_that_is_being_made_is_not_yet_looked_for(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("tokyo", symbol="東京")
    records.start("other", symbol="大阪")
    page = open_page(api, "/?lang=en")
    shows(page, "tokyo", "running")
    marked(page)
    search = page.locator("#search")
    search.focus()
    composed(page, "と", "とうky")
    records.complete("other")  # the page is drawn
    shows(page, "other", "completed")
    expect(search).to_have_value("とうky")
    expect(page.locator("#found")).to_be_hidden()
    expect(row(page, "tokyo")).to_be_visible()
    page.context.new_cdp_session(page).send("Input.insertText", {"text": "東京"})
    expect(page.locator("#found")).to_have_text("within this page: 1 of 2")
    expect(row(page, "other")).to_be_hidden()
    never_loaded_again(page)


def test_the_focus_stays_where_a_choice_takes_its_button_away(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/?lang=en")
    row(page, "job").hover()
    row(page, "job").get_by_role("button", name="Type: fetch_data").click()
    chips = page.locator("#filters .chosen:visible")
    expect(chips).to_have_text(["Type: fetch_data ×"])
    row(page, "job").get_by_role("button", name="Symbol: 7203.T").click()
    expect(chips).to_have_count(2)
    chips.last.focus()
    page.keyboard.press("Enter")
    expect(chips).to_have_text(["Type: fetch_data ×"])
    expect(chips).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#filters [data-filter=all]")).to_be_focused()
    records.create("job-one")
    page.locator("#search").fill("job-on")
    page.keyboard.press("Enter")
    expect(chips).to_have_text(["Id: job-on… ×"])
    expect(page.locator("#search")).to_be_focused()


def test_what_the_page_does_by_keys(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    for task_id in (*(f"before-{number}" for number in range(18)), "one", "two", "three"):
        records.start(task_id)
    page = open_page(api, "/?lang=en&status=running")
    shows(page, "three", "running")
    expect(page.locator("#strip")).to_be_visible()
    stops = """all => all.filter(one => one.checkVisibility() && !one.disabled
      && one.tabIndex >= 0).length"""
    assert page.locator("a[href], button, input, select").evaluate_all(stops) <= 30
    page.get_by_role("button", name="Running 21").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Waiting 0")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("j")
    expect(row(page, "three").locator(".open")).to_be_focused()
    page.keyboard.press("j")
    expect(row(page, "two").locator(".open")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("ArrowRight")  # within a row
    expect(row(page, "three").get_by_role("button", name="Type: fetch_data")).to_be_focused()
    page.keyboard.press("Tab")  # and on to the next one
    expect(row(page, "two").locator(".open")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("j")
    expect(page.locator("#search")).to_have_value("j")
    page.keyboard.press("Escape")
    page.locator("#skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_focused()


@pytest.mark.parametrize("other", ["", "&symbol=none"])
def test_the_chosen_status_is_in_sight_on_a_phone(
    api: RunningApi, records: Records, open_page: OpenPage, other: str
) -> None:
    """Beside another filter, and where the counts, which make chips wider, come after the page."""
    records.start("job")
    page = open_page(api, "/static/page.css", viewport={"width": 390, "height": 800})
    page.route("**/internal/tasks?*", lambda route: None)
    page.goto(f"http://127.0.0.1:{api.port}/?lang=en&status=cancelled{other}")
    expect(page.locator("[data-filter=cancelled]")).to_be_in_viewport(ratio=0.99)
    page.unroute("**/internal/tasks?*")  # and what waits goes on
    expect(page.locator("#empty")).to_be_visible()
    for chip in (page.locator("[data-filter=cancelled]"), page.locator("[data-filter=all]")):
        expect(chip).to_be_in_viewport(ratio=0.99)
        page.locator("[data-filter=all]").evaluate("chip => chip.click()")


def test_the_filtered_list_is_saved_as_csv(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(101):  # more than one page of the API
        records.create(f"job-{number}", symbol='=HYPERLINK("https://x.test")', owner="alice")
    records.create("another")
    page = open_page(api, "/?owner=alice&lang=en")
    shows(page, "job-100", "created")
    page.locator("#share").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as CSV").click()
    assert saved.value.suggested_filename == "tasks.csv"
    text = saved.value.path().read_bytes().decode()
    assert text.startswith("\ufefftask_id,")  # Excel reads UTF-8 behind a byte order mark
    rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
    assert [row["task_id"] for row in rows] == [f"job-{n}" for n in reversed(range(101))]
    assert {row["symbol"] for row in rows} == {'\'=HYPERLINK("https://x.test")'}
    assert {(row["status"], row["total"], row["end_time"]) for row in rows} == {
        ("created", "252", "")
    }
