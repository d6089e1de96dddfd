"""The live page where something is odd: others' answers, a browser that refuses, a long stay."""

import redis
from playwright.sync_api import Page, Route, expect

from progress_backend.operations.keys import Keys
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, listed, row, shows
from tests.records import Records
from tests.web.serving import RunningApi


def listeners(page: Page) -> int:
    """How many the document has."""
    session = page.context.new_cdp_session(page)
    document = session.send("Runtime.evaluate", {"expression": "document"})["result"]["objectId"]
    return len(session.send("DOMDebugger.getEventListeners", {"objectId": document})["listeners"])


def test_rows_that_have_left_leave_nothing_behind(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api, "/?lang=en", permissions=["notifications"])
    shows(page, "job", "running")
    before = listeners(page)
    for number in range(25):
        records.start(f"more-{number}")
    shows(page, "more-24", "running")
    assert listeners(page) == before
    # Nor does another view that is looked at again and again.
    for _ in range(3):
        page.get_by_role("link", name="Workers").click()
        expect(page.locator("#workers h2").first).to_have_text("Workers")
        page.get_by_role("link", name="Tasks").click()
    assert listeners(page) == before
    assert page.locator("link[href$='workers.css']").count() == 1


def test_a_proxys_own_response_does_not_end_the_reading(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("one")
    page = open_page(api, "/?lang=en", tolerated=("TypeError",))
    shows(page, "one", "running")
    page.route("**/internal/tasks?*", lambda route: route.fulfill(json={"login": "here"}), times=1)
    with page.expect_request("**/internal/tasks?*"):
        records.start("two")
    shows(page, "two", "running")
    is_live(page)


def test_rows_of_another_choice_are_not_shown_as_what_is_chosen(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("one")
    page = open_page(api, "/?lang=en")
    shows(page, "one", "running")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route("**/internal/tasks?*status=error*", hold)
    page.locator("#filters [data-filter=error]").click()
    expect(page.locator("#list")).to_have_attribute("aria-busy", "true")
    expect(page.locator("#table")).to_have_css("opacity", "0.5")
    assert listed(page) == ["one"]
    page.unroute("**/internal/tasks?*status=error*")  # and what waits goes on
    expect(page.locator("#empty")).to_be_visible()
    expect(page.locator("#list")).to_have_attribute("aria-busy", "false")


#: What is written into the page, and which menus are set.
WRITTEN = """window.written = [];
const { set, get } = Object.getOwnPropertyDescriptor(HTMLSelectElement.prototype, "value");
Object.defineProperty(HTMLSelectElement.prototype, "value", {
  get, set(value) { window.written.push(`${this.id} = ${value}`); set.call(this, value); },
});
const note = ({ target }) => window.written.push(target.outerHTML ?? target.data);
new MutationObserver((all) => all.forEach(note))
  .observe(document.body, { childList: true, characterData: true, subtree: true });"""


def test_unchanged_elements_are_not_written_again(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """Else an open menu moves, a marked text is lost, and a screen reader says it again."""
    records.start("job")
    records.member("m", "the-group", name="nightly")
    page = open_page(api, "/?lang=en&q=o", bypass_csp=True)
    expect(page.locator("tr[data-workflow-id]")).to_be_visible()
    is_live(page)
    page.wait_for_load_state("networkidle")
    page.evaluate(WRITTEN)
    with page.expect_response("**/internal/tasks?*top=true*"):
        page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate("dispatchEvent(new Event('offline'))")
    with page.expect_response("**/internal/tasks?*top=true*"):  # the one before has been drawn
        pass
    ages = ("for 0:", "for 1:", " min ago", "oldest waits")  # as time goes by
    written = [text for text in page.evaluate("window.written") if not any(a in text for a in ages)]
    assert written == [], "\n".join(written)


def test_a_record_that_expires_leaves_the_list(
    api: RunningApi, records: Records, open_page: OpenPage, redis_url: str
) -> None:
    """No message says that; the list is read each half minute."""
    records.start("job")
    page = open_page(api, "/?lang=en")
    is_live(page)
    shows(page, "job", "running")
    with page.expect_response("**/internal/tasks?*", timeout=120_000):
        pass  # the read after the WebSocket was opened, or the next one
    with redis.Redis.from_url(redis_url) as client:
        client.delete(Keys().task("job"))
    expect(row(page, "job")).to_have_count(0, timeout=120_000)
    is_live(page)
