"""What <task-progress> shows beside the bar: links, place, duration; its sizes; a given record."""

import pytest
from playwright.sync_api import Locator, Page, expect

from progress_backend.record import events as ev
from progress_backend.record.links import link_of
from tests.browser.conftest import OpenPage
from tests.browser.sites import Site
from tests.browser.test_axe import complaints
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration
SIZES = ("", "small", "inline")


@pytest.fixture
def api(start_api: StartApi, redis_url: str, site: Site) -> RunningApi:
    return start_api(redis_url=redis_url, allowed_origins=(site.origin,), locale="en")


def part(page: Page, name: str, place: int = 0) -> Locator:
    return page.locator("task-progress").nth(place).locator(f"[part={name}]")


def give(records: Records, task_id: str, *links: tuple[str, str | None, float | None]) -> None:
    now = records.get(task_id).created_at
    assert now is not None
    given = tuple(link_of(*link, now) for link in links)
    records.apply(task_id, ev.Progressed(links=given))


def test_links_are_on_the_apis_origin_and_expire(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("export")
    page = open_page(site('<task-progress task-id="export"></task-progress>', api))
    expect(part(page, "status")).to_have_text("Running")
    expect(part(page, "link")).to_have_count(0)
    far = "https://files.example/7?signature=a"
    give(records, "export", ("/files/7", "Export", 6), (far, None, 3_600))
    link = part(page, "link")
    expect(link).to_have_text(["Export", "files.example"])
    assert link.nth(0).get_attribute("href") == f"http://127.0.0.1:{api.port}/files/7"
    assert link.nth(1).get_attribute("href") == far
    assert link.nth(1).get_attribute("rel") == "noreferrer"
    link.nth(1).focus()
    records.progress("export", 63)
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    expect(link.nth(1)).to_be_focused()  # a value draws no new buttons
    records.complete("export")
    expect(link).to_have_text(["Export (expired)", "files.example"])
    assert link.nth(0).get_attribute("href") is None


def test_a_given_records_links_are_on_the_origin_of_base(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("export")
    give(records, "export", ("/files/7", "Export", None))
    page = open_page(site('<task-progress base="https://api.example/sub"></task-progress>', api))
    given = api.status("export").json()
    page.evaluate("(record) => { document.querySelector('task-progress').record = record }", given)
    expect(part(page, "link")).to_have_attribute("href", "https://api.example/files/7")


def test_a_retry_takes_the_failed_attempts_links_away(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("t")
    give(records, "t", ("/files/7", "Export", None))
    page = open_page(site('<task-progress task-id="t"></task-progress>', api))
    own = open_page(api, "/task/t?lang=en").get_by_role("link", name="Export")
    for link in (part(page, "link"), own):
        expect(link).to_be_visible()
    records.apply("t", ev.Retried(retries=1))
    records.run("t")
    for link in (part(page, "link"), own):
        expect(link).to_have_count(0)


def test_sixty_records_a_second_are_drawn(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("t")
    page = open_page(site("<task-progress></task-progress>", api))
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    announced = page.evaluate(
        """(record) => new Promise((done) => {
          const one = document.querySelector('task-progress');
          const seen = new Set();
          const place = one.shadowRoot.querySelector('.spoken');
          new MutationObserver(() => seen.add(place.textContent)).observe(place,
            { childList: true, characterData: true, subtree: true });
          let n = 0;
          const timer = setInterval(() => {
            n += 1;
            const progress = { current: n, total: 252, percentage: n / 2.52 };
            one.record = { ...record, progress, revision: record.revision + n };
            if (n === 126) { clearInterval(timer); done(seen.size); }
          }, 1000 / 60);
        })""",
        api.status("t").json(),
    )
    assert (announced <= 1, sockets) == (True, [])
    expect(part(page, "figures")).to_have_text("50% · 126 / 252")
    page.evaluate("document.querySelector('task-progress').record = null")
    expect(part(page, "note")).to_have_text("No valid task-id, workflow-id or token.")


@pytest.mark.parametrize("size", SIZES)
def test_nothing_moves_from_waiting_to_the_end(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records, size: str
) -> None:
    sized = f'size="{size}"' if size else ""
    body = f'<task-progress {sized} task-id="t" cancellable></task-progress><p>below</p>'
    records.publish("t")
    page = open_page(site(body, api), viewport={"width": 600, "height": 300})
    below, seen = page.get_by_text("below"), list[float]()

    def at(status: str) -> None:
        expect(part(page, "status")).to_have_text(status)
        box = below.bounding_box()
        seen.append(box["y"])

    at("Waiting")
    if not size:
        expect(part(page, "message")).to_have_text("0 ahead")
    records.run("t")
    records.progress("t", 63, "page 1")
    at("Running")
    give(records, "t", ("/files/7", "Export", None))
    expect(part(page, "link")).to_be_visible()
    records.apply("t", ev.Completed())
    at("Completed")
    assert len({round(y) for y in seen}) == 1, seen
    if not size:
        expect(part(page, "time")).to_contain_text("took")


def test_a_service_that_is_away_is_named(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("t")
    page = open_page(site('<task-progress task-id="t"></task-progress>', api))
    expect(part(page, "status")).to_have_text("Running")
    api.stop()
    expect(page.locator("task-progress")).to_have_attribute("data-state", "away")
    expect(part(page, "note")).to_have_text("Cannot reach the service; trying again")


@pytest.mark.parametrize("options", [{}, {"forced_colors": "active"}], ids=["colours", "forced"])
def test_the_pages_links_are_buttons(
    api: RunningApi, open_page: OpenPage, records: Records, options: dict[str, str]
) -> None:
    records.start("export")
    give(records, "export", ("/files/7", "Export", None), ("/files/6", "Old", 0.001))
    page = open_page(
        api,
        "/task/export?lang=en",
        bypass_csp=True,
        viewport={"width": 360, "height": 700},
        **options,
    )
    link = page.get_by_role("link", name="Export")
    expect(link).to_have_attribute("href", f"http://127.0.0.1:{api.port}/files/7")
    expect(link).to_have_css("border-top-style", "solid")
    expect(page.get_by_text("Old (expired)")).to_have_css("border-top-style", "dashed")
    link.focus()
    records.progress("export", 63)
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    expect(link).to_be_focused()  # a value draws no new buttons
    assert complaints(page) == []


def test_a_workflows_page_has_the_links_of_its_newest_members(
    api: RunningApi, open_page: OpenPage, records: Records
) -> None:
    """The list's rows have them, which are the tasks that the reader may see."""
    for n in range(5):
        records.member(f"t{n}", "w")
        records.run(f"t{n}")
        give(records, f"t{n}", (f"/files/{n}", "Export", None), (f"/logs/{n}", "Log", 0.001))
    page = open_page(api, "/workflow/w?lang=en", bypass_csp=True)
    names = ["fetch_data: Export", "fetch_data: Log (expired)"] * 4
    expect(page.locator(".part-links .tools > *")).to_have_text([*names, "and 2 more"])
    newest = page.get_by_role("link", name="fetch_data: Export").first
    expect(newest).to_have_attribute("href", f"http://127.0.0.1:{api.port}/files/4")
    assert complaints(page) == []
