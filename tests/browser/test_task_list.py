"""<task-list> on a page of another origin with a strict policy: an owner's jobs, live."""

import pytest
from playwright.sync_api import Locator, Page, expect

from progress_backend.credentials.tokens import new
from progress_backend.record import events as ev
from progress_backend.record.links import link_of
from tests.browser.conftest import OpenPage
from tests.browser.firefox import Firefox
from tests.browser.sites import Site
from tests.browser.test_axe import complaints
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration
SCRIPT = '<script type="module" src="http://127.0.0.1:{port}/static/task-list.js"></script>'


@pytest.fixture
def api(start_api: StartApi, redis_url: str, site: Site) -> RunningApi:
    return start_api(redis_url=redis_url, allowed_origins=(site.origin,), locale="en")


def listed(site: Site, api: RunningApi, more: str = "", lang: str = "en", after: str = "") -> str:
    tag = f'<task-list owner="alice" {more}></task-list>{after}'
    return site(SCRIPT.format(port=api.port) + tag, api, lang=lang)


def rows(page: Page, place: int = 0) -> Locator:
    return page.locator("task-list").nth(place).locator("task-progress")


#: Without the socket the list is read again each five seconds: never here.
NO_TIMER = """window.polls = 0; const set = setTimeout;
setTimeout = (call, ms) => (ms === 5000 ? (polls += 1) : set(call, ms));
addEventListener('error', ({ detail }) => { window.refusal = detail?.code; }, true);"""


def opened(open_page: OpenPage, url: str) -> tuple[Page, list[str]]:
    """The page, which reads its list only after a message; and the addresses of its sockets."""
    page, sockets = open_page("about:blank", ""), list[str]()
    page.add_init_script(NO_TIMER)
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(url)
    return page, sockets


def note(page: Page) -> Locator:
    return page.locator("task-list [part=note]").first


def finish(records: Records, task_id: str) -> None:
    now = records.get(task_id).created_at
    assert now is not None
    link = link_of(f"/files/{task_id}", "Export", None, now)
    records.apply(task_id, ev.Progressed(links=(link,)))
    records.complete(task_id)


def test_the_jobs_of_an_owner_live_over_one_socket(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("of-bob", owner="bob")
    records.start("alone")
    beside = '<task-progress task-id="alone"></task-progress>'
    page, sockets = opened(open_page, listed(site, api, "cancellable", after=beside))
    expect(note(page)).to_have_text("No jobs in the last day.")
    records.start("first", "A", owner="alice")
    expect(rows(page)).to_have_count(1)
    expect(note(page)).to_be_hidden()
    records.progress("first", 63)
    expect(rows(page).locator("[part=figures]")).to_have_text("25% · 63 / 252")
    assert len(sockets) == 1
    rows(page).locator("[part=cancel]").focus()
    finish(records, "first")
    expect(rows(page).locator("a[part=link]")).to_have_text("Export")
    expect(rows(page).locator("[part=status]")).to_have_text("Completed")
    expect(page.locator("task-list .spoken").first).to_have_text("fetch_data A: Completed")
    records.start("second", "B", owner="alice")
    expect(rows(page)).to_have_count(2)
    rows(page).nth(0).locator("[part=cancel]").click()
    rows(page).nth(0).locator("[part=cancel]").click()
    eventually(lambda: records.get("second").status == "cancelled")


@pytest.mark.parametrize(("limit", "shown"), [("", 5), ("50", 50), ("0", 5), ("x", 5), ("900", 50)])
def test_of_many_jobs_as_many_are_shown_as_it_names(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records, limit: str, shown: int
) -> None:
    for n in range(51):
        records.create(f"t{n}", f"S{n}", owner="alice")
    page, sockets = opened(open_page, listed(site, api, f'limit="{limit}"'))
    expect(rows(page)).to_have_count(shown)
    expect(rows(page).locator("[part=status]").last).to_have_text("Waiting")
    assert len(sockets) == 1


def test_two_lists_name_once_what_ended_while_a_reader_was_away(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("seen", owner="alice")
    records.complete("seen")
    tag = '<task-list owner="alice"></task-list>'
    page = open_page(listed(site, api, after=tag))
    expect(rows(page, 1)).to_have_count(1)
    assert page.locator("[part=news]").count() == 0  # a first visit has no time before it
    page.goto("about:blank")
    records.start("new", owner="alice")
    finish(records, "new")
    page.goto(site.origin)
    expect(page.locator("[part=news]")).to_have_count(2)
    expect(rows(page, 1)).to_have_count(2)
    page.reload()
    expect(rows(page, 1)).to_have_count(2)
    assert page.locator("[part=news]").count() == 0


def test_a_list_without_an_owner_shows_no_jobs(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("t", owner="alice")
    tag = SCRIPT.format(port=api.port) + "<task-list></task-list>"
    page = open_page(site(tag, api))
    expect(note(page)).to_have_text("No owner is given.")
    assert rows(page).count() == 0


def test_a_token_shows_its_own_jobs_alone(
    start_api: StartApi, redis_url: str, site: Site, open_page: OpenPage, records: Records
) -> None:
    """A token without an owner reads those of the named one; without a token nothing is shown."""
    (its, alice), (text, bob) = new("a", "read", owner="alice"), new("b", "read", owner="bob")
    every, anyone = new("c", "read")
    lines = tuple(token.line() for token in (alice, bob, anyone))
    about = {"redis_url": redis_url, "allowed_origins": (site.origin,), "locale": "en"}
    api = start_api(**about, tokens=lines)
    records.start("t", owner="alice")
    for token in (its, every):
        page = open_page(listed(site, api, f'token="{token}" cancellable'))
        expect(rows(page).locator("[part=status]")).to_have_text("Running")
    rows(page).locator("[part=cancel]").click()
    rows(page).locator("[part=cancel]").click()
    expect(rows(page).locator("[part=note]")).to_contain_text("You do not have permission.")
    page, _ = opened(open_page, listed(site, api))
    expect(note(page)).to_contain_text("Your access has expired")
    assert page.evaluate("[polls, refusal]") == [0, 4401]
    page.evaluate(
        "(token) => document.querySelector('task-list').setAttribute('token', token)", its
    )
    expect(rows(page)).to_have_count(1)
    page = open_page(listed(site, api, f'token="{text}"'))
    expect(note(page)).to_be_visible()
    assert rows(page).count() == 0


def test_an_api_that_is_away_and_a_hidden_tab(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("t", owner="alice")
    frames, reads = list[str](), list[str]()
    page = open_page("about:blank", "")
    page.on("websocket", lambda one: one.on("framereceived", lambda text: frames.append(str(text))))
    page.on("request", lambda request: reads.append(request.url))
    page.goto(listed(site, api))
    expect(rows(page)).to_have_count(1)
    hidden = "Object.defineProperty(document, 'hidden', { value: %s, configurable: true })"
    page.evaluate(hidden % "true")
    frames.clear()
    reads.clear()
    records.start("later", owner="alice")
    eventually(lambda: page.title() and any("reload" in frame for frame in frames))
    page.evaluate("new Promise((done) => setTimeout(done, 500))")  # twice the list's own pause
    assert [url for url in reads if "internal/tasks" in url] == []
    page.evaluate(hidden % "false")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(rows(page)).to_have_count(2)
    api.stop()
    expect(page.locator("task-list")).to_have_attribute("data-state", "away")
    expect(note(page)).to_have_text("Cannot reach the service; trying again")
    expect(rows(page)).to_have_count(2)


@pytest.mark.parametrize(
    ("lang", "width", "options"),
    [
        ("en", 600, {"color_scheme": "light"}),
        ("ja", 220, {"color_scheme": "dark"}),
        ("en", 220, {"forced_colors": "active"}),
    ],
)
def test_narrow_and_from_right_to_left_it_is_whole_and_axe_complains_of_nothing(
    api: RunningApi,
    site: Site,
    open_page: OpenPage,
    records: Records,
    lang: str,
    width: int,
    options: dict[str, str],
) -> None:
    for name in ("run", "wait", "done"):
        records.create(name, "7203.T", owner="alice")
    records.run("run")
    records.progress("run", 63, "page 1 of 4")
    finish(records, "done")
    look = '<meta name="color-scheme" content="light dark"><style>body{background:Canvas}</style>'
    tag = f'<main dir="rtl"><task-list owner="alice" cancellable></task-list></main>{look}'
    page = open_page(
        site(SCRIPT.format(port=api.port) + tag, api, lang=lang),
        viewport={"width": width, "height": 500},
        reduced_motion="reduce",
        bypass_csp=True,  # which also loads the site's icon, which is not there
        tolerated=("Failed to load resource",),
        **options,
    )
    expect(rows(page)).to_have_count(3)
    expect(rows(page).locator("a[part=link]")).to_be_visible()
    fill = rows(page).locator("[part=fill]").first
    expect(fill).to_have_css("transition-property", "none")  # reduced motion
    words = {"en": ["Running", "Completed", "Waiting"], "ja": ["実行中", "完了", "待機中"]}
    assert sorted(rows(page).locator("[part=status]").all_text_contents()) == sorted(words[lang])
    inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert inner[0] <= inner[1]
    assert [one for one in complaints(page) if not one.startswith("region: ['h1']")] == []
    page.keyboard.press("Tab")
    reached = page.evaluate(
        "(() => { let one = document.activeElement; const seen = [];"
        " while (one) { seen.push(one.localName); one = one.shadowRoot?.activeElement; }"
        " return seen; })()"
    )
    assert reached == ["task-list", "task-progress", "button"]


def test_in_firefox(api: RunningApi, site: Site, firefox: Firefox, records: Records) -> None:
    records.start("t", owner="alice")
    with firefox.tab(listed(site, api)) as tab:
        find = "document.querySelector('task-list').shadowRoot.querySelector('task-progress')"
        text = f"() => {find}?.shadowRoot.querySelector('[part=status]').textContent"
        eventually(lambda: tab.evaluate(text) == "Running")
        records.complete("t")
        eventually(lambda: tab.evaluate(text) == "Completed")
