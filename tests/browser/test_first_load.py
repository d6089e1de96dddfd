"""What a page asks for before it shows anything, and what it needs not."""

import pytest
from playwright.sync_api import Request, Route, expect

from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, shows
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi


def test_the_list_is_read_once(start_api: StartApi, redis_url: str, open_page: OpenPage) -> None:
    """What the document asks for early is what its script takes: else it would be read twice, and
    the browser would warn, which fails the test."""
    api = start_api(redis_url=redis_url)
    page = open_page(api, "/docs")
    reads: list[str] = []
    files: list[str] = []

    def note(request: Request) -> None:
        path = request.url.partition("?")[0].partition(f":{api.port}")[2]
        (reads if path.startswith("/internal/tasks") else files).append(path)

    page.on("request", note)
    page.on("websocket", lambda _: reads.append("a socket"))
    page.goto(f"http://127.0.0.1:{api.port}/?status=running")
    is_live(page)
    # Each read before the socket is one that the load has caused; once that is open it reads again.
    assert reads[:2] == ["/internal/tasks", "a socket"]
    page.wait_for_load_state("networkidle")
    loaded = sorted(path for path in files if path.startswith("/static/"))
    assert loaded == ["/static/page.css", "/static/page.js"]
    Records(redis_url).start("job")
    shows(page, "job", "running")


@pytest.mark.parametrize("width", [390, 900, 1440])
def test_nothing_moves_as_the_workers_are_read(
    api: RunningApi, records: Records, open_page: OpenPage, width: int
) -> None:
    records.start("job")
    page = open_page(api, "/static/page.css", viewport={"width": width, "height": 800})
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/internal/workers", hold)
    page.goto(f"http://127.0.0.1:{api.port}/?status=running&lang=en")
    shows(page, "job", "running")
    eventually(lambda: page.evaluate("1") and held, what="the workers are asked for")
    places = "all => all.map(one => one.getBoundingClientRect().y)"
    parts = page.locator("#tabs, #filters, #tools, #list, footer")
    before = parts.evaluate_all(places)
    held[0].continue_()
    expect(page.locator("#strip")).to_contain_text("1 running")
    assert parts.evaluate_all(places) == before


#: How much has moved, as browsers count it: a page on which it is felt has 0.1.
MOVED = (
    "new PerformanceObserver(list => list.getEntries().forEach(one => window.moved += one.value))"
    ".observe({type: 'layout-shift', buffered: true}); window.moved = 0"
)


@pytest.mark.parametrize("path", ["", "task/m-00", "workflow/the-group"])
def test_nothing_moves_as_the_rest_is_read(
    api: RunningApi, records: Records, open_page: OpenPage, path: str
) -> None:
    """Rows after the first ones; a timeline and a log; a workflow's steps and tasks."""
    for number in range(40):
        records.create(f"t-{number}")
        records.member(f"m-{number:02}", "the-group")
    records.lose("m-00", again_s=60)
    records.run("m-00")
    records.log("m-00", "a line")
    records.run("m-01")
    records.fail("m-01", "no such price")
    page = open_page(api, "/static/page.css", viewport={"width": 1440, "height": 900})
    page.add_init_script(MOVED)
    page.goto(f"http://127.0.0.1:{api.port}/{path}?sort=newest&lang=en")
    is_live(page)
    expect(page.locator(".part-times" if path else "footer")).to_be_visible()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.moved") < 0.02


#: Whether an entry is about the list or the groups: a slow page appears without its counts.
OF_LIST = (
    "one.sources.some(({ node }) =>"
    " (node?.closest ? node : node?.parentElement)?.closest('#held, #causes')) * one.value"
)


@pytest.mark.parametrize(("status", "seen"), [("created", "no worker"), ("error", "2 ×")])
def test_nothing_moves_as_places_and_causes_are_read(
    api: RunningApi, records: Records, open_page: OpenPage, status: str, seen: str
) -> None:
    for number in range(8):
        records.member(f"m-{number}", "the-group")
    for number in range(2 * (status == "error")):
        records.start(f"failed-{number}")
        records.fail(f"failed-{number}", f"no such price: {number}")
    page = open_page(api, "/static/page.css", viewport={"width": 390, "height": 844})
    page.add_init_script(MOVED.replace("one.value", OF_LIST))
    page.goto(f"http://127.0.0.1:{api.port}/?status={status}&lang=en")
    expect(page.locator("tr, #causes li", has_text=seen).first).to_be_visible()
    is_live(page)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.moved") < 0.005
