"""Pages of one record, and the element, for every user: by keyboard, on a phone, in forced colours,
in both languages, whatever texts jobs have, and while the API is started again."""

import re
from datetime import UTC, datetime

import pytest
import redis
from playwright.sync_api import Page, expect

from progress_backend.record import events as ev
from tests.browser.conftest import OpenPage, kept
from tests.browser.looking import row
from tests.browser.sites import Site
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

W = "the-group"
PAGES = ["/task/job", f"/workflow/{W}"]
EVIL = "<img src=x onerror=alert(1)>\u202e" + "長" * 300
#: Longer than a screen: folded at first.
TRACEBACK = "Traceback (most recent call last):\n" + "  File\n" * 30 + f"ValueError: {EVIL}"


@pytest.fixture
def api(start_api: StartApi, redis_url: str, site: Site) -> RunningApi:
    return start_api(redis_url=redis_url, allowed_origins=(site.origin,), locale="en")


def the_workflow(records: Records, name: str = "fetch ×25") -> None:
    """Some of its tasks failed, more of them than fit on a page wait."""
    for number in range(25):
        records.member(f"m-{number:02}", W, name=name)
    for number in range(3):
        records.run(f"m-{number:02}")
    records.fail("m-00", "no such price")
    records.complete("m-01")


def tab_to(page: Page, name: str, at_most: int = 90) -> None:
    """Goes on by the Tab key alone until what has the focus is called so, once that is there."""
    names = (page.get_by_role(role, name=name, exact=True) for role in ("button", "link"))
    expect(next(names).or_(next(names)).first).to_be_visible()
    passed: list[str] = []
    where = (
        "() => { const at = document.activeElement; return at === document.body ? ''"
        " : (at.getAttribute('aria-label') ?? at.textContent).trim(); }"
    )
    while (now := str(page.evaluate(where))) != name:
        passed.append(now[:30])
        assert len(passed) < at_most, f"no {name!r} among {passed}"
        page.keyboard.press("Tab")


def press(page: Page, name: str) -> None:
    tab_to(page, name)
    page.keyboard.press("Enter")


def test_a_tasks_page_by_the_keyboard_alone(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/task/job?lang=en")
    pill = page.locator("#record .pill")  # the timeline says the same words
    press(page, "Pause")
    expect(pill).to_have_text("Pause requested")
    records.apply("job", ev.Acknowledged())
    press(page, "Resume")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    press(page, "Cancel")
    # A dialog keeps the focus, begins with what does no harm, and gives the focus back.
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    # Asked again before the browser has sent the event of the dialog that closed.
    page.evaluate(
        "() => { const cancel = document.activeElement; cancel.click();"
        " document.getElementById('sure').close(''); cancel.click(); }"
    )
    press(page, "Cancel it")
    expect(pill).to_have_text("Cancel requested")
    expect(page.get_by_role("button", name="Terminate")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "Terminate the process")
    expect(page.get_by_role("alert")).to_contain_text("Not done")  # this API has no broker
    records.apply("job", ev.Acknowledged())
    expect(pill).to_have_text("Cancelled")
    press(page, "Settings")
    press(page, "日本語")
    expect(pill).to_have_text("キャンセル済み")
    press(page, "タスク")
    expect(row(page, "job")).to_be_visible()


def test_a_workflows_page_by_the_keyboard_alone(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    the_workflow(records)
    page = open_page(api, f"/workflow/{W}?lang=en")
    rows = page.locator("tr[data-task-id]")
    expect(rows).to_have_count(1)
    press(page, "All 25")
    expect(rows).to_have_count(20)
    press(page, "Older")
    expect(rows).to_have_count(5)
    expect(page.get_by_role("button", name="Newer")).to_be_focused()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(20)
    press(page, "Pause")
    # That a pause is asked for shows only until all tasks wait.
    expect(page.locator("#record .pill").first).to_have_text("Paused")
    press(page, "Resume")
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    press(page, "Cancel")
    press(page, "Cancel it")
    expect(page.locator("#record").get_by_role("button", name="Cancel", exact=True)).to_have_count(
        0
    )
    press(page, "Error 1")
    expect(rows).to_have_count(1)
    press(page, "fetch_data")
    expect(page.get_by_role("link", name=W).first).to_be_visible()


@pytest.mark.parametrize(
    ("path", "lang", "back"), [(PAGES[0], "ja", "タスク"), (PAGES[1], "en", "Tasks")]
)
def test_hostile_texts_on_the_narrowest_screen(
    api: RunningApi, records: Records, open_page: OpenPage, path: str, lang: str, back: str
) -> None:
    """In every place that a job, a caller or a person fills."""
    records.start("job", symbol=EVIL[:28], owner=EVIL[:60])
    records.apply("job", ev.Progressed(current=1, message=EVIL, details={EVIL[:28]: EVIL}))
    records.log("job", EVIL)
    records.apply("job", ev.Cancelled(by=EVIL[:28], reason=EVIL))
    records.apply("job", ev.Acknowledged())
    records.member("x" * 120, W, name=EVIL[:28])
    records.run("x" * 120)
    records.fail("x" * 120, TRACEBACK)
    page = open_page(api, f"{path}?lang={lang}", viewport={"width": 320, "height": 800})
    expect(page.get_by_role("heading", level=1)).to_contain_text("<img src=x")
    expect(page.get_by_role("link", name=back, exact=True)).to_be_visible()
    if "task" in path:
        expect(page.get_by_role("log")).to_contain_text("<img src=x")
    else:
        expect(page.locator("tr[data-task-id]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("img").count() == 0
    # Nothing is cut off at the side either, but what can be scrolled or says all in its title.
    cut = page.evaluate(
        "() => [...document.querySelectorAll('#record *')].filter((e) => e.checkVisibility()"
        " && e.scrollWidth > e.clientWidth + 1 && e.clientWidth && !e.closest('[title]')?.title"
        " && getComputedStyle(e).overflowX === 'hidden').map((e) => e.outerHTML.slice(0, 120))"
    )
    assert cut == []


@pytest.mark.parametrize("path", PAGES)
def test_forced_colours(api: RunningApi, records: Records, open_page: OpenPage, path: str) -> None:
    """A bar is visible, and its parts differ in colour, as does what is chosen."""
    records.start("job")
    records.progress("job", 126)
    the_workflow(records)
    page = open_page(api, f"{path}?lang=en", forced_colors="active")
    bar = page.get_by_role("progressbar").first
    expect(bar).to_be_visible()
    eventually(lambda: bar.locator("i").count() > ("workflow" in path))
    look = "e => getComputedStyle(e).background"
    parts = [part.evaluate(look) for part in bar.locator("i").all()]
    assert len(set(parts)) == len(parts)
    if "task" in path:
        assert bar.evaluate(look) not in parts
        return
    chosen, other = (page.get_by_role("button", name=name) for name in ("Error 1", "All 25"))
    assert chosen.evaluate(look) != other.evaluate(look)


def test_forced_colours_show_an_elements_bar(
    api: RunningApi, records: Records, site: Site, open_page: OpenPage
) -> None:
    records.start("job")
    records.progress("job", 126)
    page = open_page(
        site('<task-progress task-id="job"></task-progress>', api), forced_colors="active"
    )
    bar = page.get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuenow", "50")
    colour = "e => getComputedStyle(e).backgroundColor"
    assert bar.locator("[part=fill]").evaluate(colour) != bar.evaluate(colour)
    assert bar.evaluate("e => getComputedStyle(e).borderTopWidth") == "1px"


def test_a_404_of_a_proxy_is_no_missing_record(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """Its route is gone while the API starts again."""
    records.run("job")
    page = open_page(api, "/task/job?lang=en")
    state = page.locator("#connection")
    expect(state).to_have_attribute("data-state", "live")
    status = "**/internal/task/job/status"
    page.route(status, lambda one: one.fulfill(status=404, body="404 page not found"))
    records.progress("job", 126)
    expect(state).to_have_attribute("data-state", "away")
    expect(page.locator("#record")).to_be_visible()
    page.unroute(status)
    expect(state).to_have_attribute("data-state", "live")


def test_a_record_that_cannot_be_read_shows_the_fault(
    api: RunningApi, records: Records, redis_url: str, open_page: OpenPage, site: Site
) -> None:
    site('<task-progress task-id="odd"></task-progress>', api)
    records.start("odd")
    with redis.Redis.from_url(redis_url) as raw:
        raw.set("task:odd", b'{"task_id":"odd"}')
    page = open_page(api, "/task/odd")
    detail = api.http.get("/internal/task/odd/status").json()["detail"]
    expect(page.locator("#nothing p")).to_have_text(detail)
    expect(page.locator("#record")).to_be_hidden()
    page = open_page(site.origin)
    expect(page.locator("task-progress")).to_have_attribute("data-state", "refused")


def test_a_cancel_is_no_end_until_the_run_has_carried_it_out(
    api: RunningApi, records: Records, open_page: OpenPage, site: Site
) -> None:
    site('<task-progress task-id="job"><a slot="end">Results</a></task-progress>', api)
    records.start("job")
    records.warning("job", stalled=datetime.now(UTC))
    page, element = open_page(api, "/?task=job&lang=en"), open_page(site.origin)
    page.locator('#panel [data-action="cancel"]').click()
    expect(page.locator("#sure-other")).to_be_visible()
    page.locator("#sure-yes").click()
    expect(page.locator("#panel .pill")).to_have_text("Cancel requested")
    found = row(page, "job")
    expect(found).to_contain_text("still running on celery@tests")
    expect(found).to_contain_text("Stalled")
    expect(page.locator('[data-filter="cancelled"] b')).to_have_text("1")
    expect(page.locator("#strip")).to_contain_text("1 running")
    expect(page.get_by_role("heading", name="1 running")).to_be_visible()
    expect(page).to_have_title(re.compile("^1 running"))
    expect(page.locator("#panel .part-times")).not_to_contain_text("Ended")
    expect(page.locator("body")).not_to_contain_text("took")
    expect(element.locator("[part=status]")).to_have_text("Cancel requested")
    expect(element.locator("[part=message]")).to_have_text("still running on celery@tests")
    expect(element.locator("a")).to_be_hidden()
    records.apply("job", ev.Acknowledged())
    expect(page.locator("#panel .pill")).to_have_text("Cancelled")
    expect(element.locator("[part=status]")).to_have_text("Cancelled")
    expect(element.locator("a")).to_be_visible()


def test_a_lost_run_that_goes_on_is_shown(
    api: RunningApi, records: Records, open_page: OpenPage, site: Site
) -> None:
    site("".join(f'<task-progress task-id="job-{n}"></task-progress>' for n in range(3)), api)
    for n in range(3):
        records.lose(f"job-{n}")
    element, page = open_page(site.origin), open_page(api, "/task/job-0?lang=en")
    expect(element.locator('[data-state="ended"]')).to_have_count(3)
    for n in range(3):
        records.apply(f"job-{n}", ev.Progressed(current=126, attempt=1))
    expect(element.locator('[data-status="running"]')).to_have_count(3)
    expect(page.locator(".pill")).to_have_text("Running")


@pytest.mark.parametrize("path", PAGES)
def test_the_browser_notifies_of_an_end_if_that_was_asked_for(
    path: str, api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job") if path == PAGES[0] else records.member("m", W, name="fetch")
    page = open_page(api, path, permissions=["notifications"])
    press = page.get_by_role("button", name="Notify me when this ends")
    expect(press).to_have_attribute("aria-pressed", "false")
    page.evaluate("""() => {
      window.notices = [];
      window.Notification = new Proxy(Notification, { construct(real, given) {
        const made = new real(...given);
        window.notices.push([made.title, made.body]);
        return made;
      } });
    }""")
    press.click()
    expect(press).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".notice [role=status]")).to_be_visible()
    kept(f"notice {path}", 0, page.screenshot)
    records.complete("job") if path == PAGES[0] else (records.run("m"), records.complete("m"))
    expect(press).to_be_hidden()
    name = page.get_by_role("heading", level=1).text_content()
    assert page.evaluate("window.notices") == [[name, "Completed"]]


def test_a_browser_that_permits_no_notification_is_named(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/task/job", permissions=[])
    press = page.get_by_role("button", name="Notify me when this ends")
    press.click()
    expect(page.locator(".notice [role=status]")).not_to_have_text("")
    expect(press).to_have_attribute("aria-pressed", "false")
    records.complete("job")
    expect(page.locator(".notice")).to_be_hidden()
