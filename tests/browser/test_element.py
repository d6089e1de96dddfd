"""<task-progress> on pages of any site, in a real browser, with a strict policy."""

import re

import pytest
import redis
from playwright.sync_api import Locator, Page, WebSocket, expect

from progress_backend import Settings, sign
from progress_backend.credentials.tokens import new
from progress_backend.record import events as ev
from progress_backend.record.default_texts import progress_text
from tests.browser.conftest import OpenPage
from tests.browser.sites import Site
from tests.docs.reading import blocks, text_of
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration


@pytest.fixture
def api(start_api: StartApi, redis_url: str, site: Site) -> RunningApi:
    return start_api(redis_url=redis_url, allowed_origins=(site.origin,), locale="en")


def part(page: Page, name: str, place: int = 0) -> Locator:
    return page.locator("task-progress").nth(place).locator(f"[part={name}]")


def test_a_job_from_its_creation_to_its_end(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    task_id = api.create()
    page = open_page(site(f'<task-progress task-id="{task_id}"></task-progress>', api))
    expect(part(page, "name")).to_have_text("fetch_data 7203.T")
    expect(part(page, "status")).to_have_text("Waiting")
    page.evaluate(
        "() => { window.seen = []; for (const name of ['progress', 'end'])"
        " document.addEventListener(name, (event) => seen.push([name, event.detail.status])); }"
    )
    api.update(task_id, current_items=63, message="page 1 of 4")
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    expect(part(page, "message")).to_have_text("page 1 of 4")
    bar = part(page, "bar")
    expect(bar).to_have_attribute("aria-valuenow", "25")
    expect(bar).to_have_attribute("aria-label", "fetch_data 7203.T")
    api.update(task_id, "completed")
    expect(part(page, "status")).to_have_text("Completed")
    expect(part(page, "figures")).to_have_text("100%")
    expect(part(page, "message")).to_be_hidden()  # it says what the status says
    assert page.evaluate("seen.at(-1)") == ["end", "completed"]
    assert page.evaluate("seen.filter(([name]) => name === 'end').length") == 1
    expect(page.locator("task-progress")).to_have_attribute("data-state", "ended")


@pytest.mark.parametrize("document", ["README.md", "docs/element.md"])
def test_two_lines_of_the_documents(
    api: RunningApi, site: Site, open_page: OpenPage, document: str
) -> None:
    (block, *_) = (block for block in blocks(document) if block.language == "html")
    task_id = api.create()
    text = block.text.replace("127.0.0.1:8004", f"127.0.0.1:{api.port}")
    assert len(text.splitlines()) == 2
    page = open_page(site(text.replace("TASK_ID", task_id), api))
    expect(part(page, "status")).to_have_text("Waiting")


def test_what_its_page_names_is_there(api: RunningApi, site: Site, open_page: OpenPage) -> None:
    """Parts, custom properties and states of docs/element.md."""
    looks = text_of("docs/element.md").partition("## Looks")[2]
    page = open_page(site(f'<task-progress task-id="{api.create()}"></task-progress>', api))
    expect(part(page, "status")).to_have_text("Waiting")
    parts, rest = looks.split(". Custom properties", 1)
    for name in re.findall(r"`(\w+)`", parts):
        assert part(page, name).count() == (name != "link"), name  # one for each link
    sheet = page.evaluate(
        "[...document.querySelector('task-progress').shadowRoot.adoptedStyleSheets[0].cssRules]"
        ".map((rule) => rule.cssText).join(' ')"
    )
    for name in re.findall(r"`(--task-progress-\w+)`", rest):
        assert f"var({name}" in sheet, name
    table = text_of("docs/element.md").partition("## Attributes")[2].partition("## Events")[0]
    named = set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE))
    observed = page.evaluate("customElements.get('task-progress').observedAttributes")
    assert named == set(observed)


def test_the_bar_goes_back_for_another_total_alone(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    task_id = api.create()
    page = open_page(site(f'<task-progress task-id="{task_id}"></task-progress>', api))
    api.update(task_id, current_items=126)
    expect(part(page, "bar")).to_have_attribute("aria-valuenow", "50")
    api.update(task_id, current_items=63, message="again")
    expect(part(page, "message")).to_have_text("again")
    expect(part(page, "bar")).to_have_attribute("aria-valuenow", "50")
    records.apply(task_id, ev.Progressed(current=63, total=504))
    expect(part(page, "bar")).to_have_attribute("aria-valuenow", "12.5")


def test_a_record_that_is_created_again_is_shown_from_its_start(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records, redis_url: str
) -> None:
    records.start("nightly")
    records.progress("nightly", 200)
    page = open_page(site('<task-progress task-id="nightly"></task-progress>', api))
    expect(part(page, "bar")).to_have_attribute("aria-valuenow", "79.3")
    redis.Redis.from_url(redis_url).flushdb()
    records.start("nightly")
    records.progress("nightly", 63)
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    expect(part(page, "bar")).to_have_attribute("aria-valuenow", "25")


def test_an_end_that_time_alone_makes_final(
    start_api: StartApi, redis_url: str, site: Site, open_page: OpenPage
) -> None:
    lease_s, again_s = 0.4, 3.0
    about = {"redis_url": redis_url, "allowed_origins": (site.origin,), "locale": "en"}
    api, records = start_api(**about, lease_s=lease_s), Records(redis_url, lease_s)
    records.create("lost")
    page = open_page(site('<task-progress task-id="lost"></task-progress>', api))
    expect(part(page, "status")).to_have_text("Waiting")
    keep_events(page, "end")
    records.lose("lost", again_s)
    expect(part(page, "status")).to_have_text("Error")
    expect(page.locator("task-progress")).to_have_attribute("data-state", "ended")
    assert page.evaluate("seen.map(({ status, final }) => [status, final])") == [["error", True]]


def test_an_element_that_is_moved_goes_on(api: RunningApi, site: Site, open_page: OpenPage) -> None:
    task_id = api.create()
    page = open_page(site(f'<task-progress task-id="{task_id}"></task-progress>', api))
    expect(part(page, "status")).to_have_text("Waiting")
    keep_events(page, "progress")
    moved = page.evaluate(
        "() => { const one = document.querySelector('task-progress'); document.body.prepend(one);"
        " return one.record?.status; }"
    )
    assert moved == "created"
    api.update(task_id, current_items=63)
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    assert page.evaluate("seen.map(({ status }) => status)") == ["running"]


def test_the_languages_of_a_page_and_of_an_element(
    api: RunningApi, redis_url: str, site: Site, open_page: OpenPage
) -> None:
    task_id = api.create()
    body = "".join(
        f'<task-progress task-id="{task_id}"{lang}></task-progress>' for lang in ("", ' lang="en"')
    )
    page = open_page(site(body, api, lang="ja"))
    expect(part(page, "status")).to_have_text("待機中")
    expect(part(page, "status", 1)).to_have_text("Waiting")
    Records(redis_url).progress(task_id, 3, progress_text("ja", 3, 252))
    expect(part(page, "message")).to_have_text("処理中... (3/252)")
    expect(part(page, "message", 1)).to_have_text("Processing... (3/252)")
    api.update(task_id, "completed", message="Processing... (3/4)")
    expect(part(page, "message")).to_have_text("Processing... (3/4)")  # the text of a caller
    page.locator("task-progress").first.evaluate("(element) => { element.lang = 'en'; }")
    expect(part(page, "status")).to_have_text("Completed")


def test_a_cancel_takes_a_second_press(api: RunningApi, site: Site, open_page: OpenPage) -> None:
    task_id = api.create()
    body = f'<task-progress task-id="{task_id}" cancellable></task-progress>'
    page = open_page(site(body, api))
    cancel, keep = part(page, "cancel"), part(page, "keep")
    expect(cancel).to_be_visible()  # a key is pressed on what is hidden, too
    cancel.press("Enter")
    expect(cancel).to_have_text("Cancel it")
    keep.press("Enter")
    expect(cancel).to_have_text("Cancel")
    cancel.click()
    cancel.click()
    expect(part(page, "status")).to_have_text("Cancelled")
    expect(cancel).to_be_hidden()
    assert api.http.get(f"/internal/task/{task_id}/status").json()["status"] == "cancelled"


def test_a_refused_cancel_does_not_move_the_focus(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    body = f'<task-progress task-id="{api.create()}" cancellable></task-progress><input>'
    page = open_page(site(body, api))
    cancel = part(page, "cancel")
    expect(cancel).to_be_visible()
    cancel.press("Enter")
    page.evaluate(
        """() => { window.fetch = async () => {
            document.querySelector("input").focus();
            return new Response('{"detail": "this client writes too often"}', { status: 429 });
        }; }"""
    )
    cancel.press("Enter")
    expect(part(page, "note")).to_have_text("Not done: this client writes too often")
    expect(page.locator("input")).to_be_focused()


def test_an_unknown_task_is_reported_once(api: RunningApi, site: Site, open_page: OpenPage) -> None:
    page = open_page(site("<p></p>", api))
    page.evaluate(
        "async () => { window.faults = []; await customElements.whenDefined('task-progress');"
        " const made = document.createElement('task-progress');"
        " made.addEventListener('error', (event) => faults.push(event.detail));"
        " made.setAttribute('task-id', 'nobody'); document.body.append(made); }"
    )
    expect(part(page, "note")).to_have_text("This job is no longer available.")
    assert page.evaluate("faults.map(({ code }) => code)") == [4404]
    page.evaluate("document.querySelector('task-progress').removeAttribute('task-id')")
    expect(part(page, "note")).to_have_text("No valid task-id, workflow-id or token.")


def test_all_elements_of_a_page_share_one_socket_and_leave_it(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    tasks = [api.create(symbol=f"{n}.T") for n in range(15)]
    page = open_page(site("<p></p>", api))
    sockets = sockets_of(page)
    tags = "".join(f'<task-progress task-id="{tasks[n % 15]}"></task-progress>' for n in range(30))
    show(page, tags)
    expect(page.locator("task-progress [part=status]")).to_have_text(["Waiting"] * 30)
    assert watchers(api) == 15
    api.update(tasks[14], current_items=63)
    for place in (14, 29):
        expect(part(page, "figures", place)).to_have_text("25% · 63 / 252")
    page.locator("task-progress").nth(0).evaluate("(e, id) => e.setAttribute('task-id', id)", "no")
    expect(part(page, "note")).to_have_text("This job is no longer available.")
    page.evaluate("document.querySelectorAll('task-progress')[15].remove()")
    eventually(lambda: watchers(api) == 14, what="the first task is not watched any more")
    assert len(sockets) == 1
    page.evaluate("document.body.replaceChildren()")
    eventually(lambda: watchers(api) == 0, what="no task is watched any more")
    eventually(lambda: page.evaluate("1") and sockets[0].is_closed(), what="the socket is closed")


def test_more_elements_than_a_socket_takes(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    page = open_page(site("<p></p>", api))
    sockets = sockets_of(page)
    tags = "".join(f'<task-progress task-id="no-{n}"></task-progress>' for n in range(300))
    show(page, tags)
    unknown = "This job is no longer available."
    expect(page.locator("task-progress [part=note]")).to_have_text([unknown] * 300)
    assert len(sockets) == 2


def sockets_of(page: Page) -> list[WebSocket]:
    """Those that it opens from now on."""
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:
        sockets.append(socket)

    page.on("websocket", opened)
    return sockets


def watchers(api: RunningApi) -> int:
    return int(api.http.get("/internal/health").json()["dependencies"]["listener"]["watchers"])


def test_a_page_where_no_socket_opens_keeps_connections_for_others(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    """A browser has six of them to a server."""
    tasks = [api.create(symbol=f"{n}.T") for n in range(8)]
    page = open_page(site("<p></p>", api))
    take_away(page, "WebSocket")
    show(page, "".join(f"<task-progress task-id='{one}'></task-progress>" for one in tasks))
    expect(page.locator("task-progress [part=status]")).to_have_text(["Waiting"] * 8)
    for place, one in enumerate(tasks):
        api.update(one, current_items=63)
        expect(part(page, "figures", place)).to_have_text("25% · 63 / 252")
    assert watchers(api) == 0


def test_a_socket_that_opens_again_is_taken(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    """As after an API that was away for a while."""
    task_id = api.create()
    page = open_page(site("<p></p>", api))
    page.evaluate("() => { window.Kept = WebSocket; }")
    take_away(page, "WebSocket")
    show(page, f"<task-progress task-id='{task_id}'></task-progress>")
    expect(part(page, "status")).to_have_text("Waiting")
    assert watchers(api) == 0
    page.evaluate("() => { window.WebSocket = Kept; }")
    run_clock(page, 20)
    eventually(lambda: watchers(api) == 1, what="the task is watched")
    run_clock(page, 1)
    api.update(task_id, current_items=63)
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    # While the clock was fast, a socket may have been replaced: its end is seen a moment later.
    eventually(lambda: watchers(api) == 1, what="one socket watches the task")


def test_a_socket_that_says_nothing_is_none(
    api: RunningApi, site: Site, open_page: OpenPage
) -> None:
    """As behind a proxy that opens it by itself."""
    page = open_page(site("<p></p>", api))
    page.evaluate(
        "() => { window.WebSocket = class { readyState = 0; send() {} close() {}"
        " constructor() { setTimeout(() => { this.readyState = 1; this.onopen?.(); }); } }; }"
    )
    run_clock(page, 10)
    show(page, f"<task-progress task-id='{api.create()}'></task-progress>")
    expect(part(page, "status")).to_have_text("Waiting")


def test_a_page_names_its_task_and_says_what_follows_its_end(
    api: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.start("job")
    link = '<a slot="end" href="/file">Download</a>'
    page = open_page(
        site(
            '<task-progress task-id="job" lang="en" label="Your report" error-text="plain">'
            f"{link}</task-progress>",
            api,
        )
    )
    expect(part(page, "name")).to_have_text("Your report")
    expect(page.get_by_role("link", name="Download")).to_be_hidden()
    records.fail("job", "Traceback\nKeyError: '/srv/secret'")
    expect(part(page, "problem")).to_have_text("An error occurred")
    expect(page.get_by_role("link", name="Download")).to_be_visible()
    page.locator("task-progress").evaluate("one => one.removeAttribute('error-text')")
    expect(part(page, "problem")).to_contain_text("KeyError")


def test_a_text_is_a_text(api: RunningApi, site: Site, open_page: OpenPage) -> None:
    evil = "<img src=x onerror=alert(1)>\u202e" + "長" * 300
    task_id = api.create(symbol=evil[:28])
    page = open_page(
        site(f'<task-progress task-id="{task_id}"></task-progress>', api),
        viewport={"width": 320, "height": 600},
    )
    api.update(task_id, current_items=1, message=evil)
    expect(part(page, "message")).to_have_text(re.compile("^<img src=x onerror"))
    wider = "document.documentElement.scrollWidth - innerWidth"
    assert page.evaluate(wider) <= 0


KEY = "a key of the shop, long enough for it"


@pytest.fixture
def guarded(start_api: StartApi, redis_url: str, site: Site) -> RunningApi:
    """An API that serves no client without a token."""
    about = {"redis_url": redis_url, "allowed_origins": (site.origin,), "locale": "en"}
    _, token = new("shop", "write")
    return start_api(**about, tokens=(token.line(),), signing_keys=(KEY,))


def signed(ttl: float = 600) -> str:
    """A token for the task `shared`."""
    return sign(task_id="shared", ttl=ttl, settings=Settings(signing_keys=(KEY,)))


@pytest.mark.parametrize("without", ["", "WebSocket"])
def test_a_share_token_shows_its_task_and_no_other(
    guarded: RunningApi, site: Site, open_page: OpenPage, records: Records, without: str
) -> None:
    task_id, token = "shared", signed()
    records.create(task_id)
    page = open_page(site("<p></p>", guarded))
    take_away(page, without)
    show(page, f"<task-progress task-id='{task_id}' token='{token}' lang='en'></task-progress>")
    expect(part(page, "status")).to_have_text("Waiting")
    records.start(task_id)
    records.progress(task_id, 63)
    expect(part(page, "figures")).to_have_text("25% · 63 / 252")
    show(page, f"<task-progress task-id='another' token='{token}' lang='en'></task-progress>")
    expect(part(page, "note")).to_have_text("You do not have permission.")
    show(page, f"<task-progress task-id='{task_id}' lang='en'></task-progress>")
    expect(part(page, "note")).to_have_text("Your access has expired. Reload the page.")
    show(page, f"<task-progress task-id='{task_id}' token='a b' lang='en'></task-progress>")
    expect(part(page, "note")).to_be_visible()
    assert part(page, "bar").is_hidden()


def test_a_token_that_expires_meanwhile(
    guarded: RunningApi, site: Site, open_page: OpenPage, records: Records
) -> None:
    records.create("shared")
    page = open_page(site("<p></p>", guarded))
    show(page, f"<task-progress task-id='shared' token='{signed(ttl=10)}'></task-progress>")
    expect(part(page, "status")).to_have_text("Waiting")
    expect(part(page, "note")).to_have_text("Your access has expired. Reload the page.")
    expect(page.locator("task-progress")).to_have_attribute("data-state", "refused")


def keep_events(page: Page, name: str) -> None:
    """Has the page keep what its elements' events say from now on."""
    page.evaluate(
        "(name) => { window.seen = [];"
        " document.addEventListener(name, ({ detail }) => seen.push(detail)); }",
        name,
    )


def run_clock(page: Page, times: float) -> None:
    """Has the page's clock run so many times as fast from now on."""
    page.evaluate(
        "(times) => { const real = window.realNow ??= Date.now.bind(Date), then = Date.now(),"
        " since = real(); Date.now = () => then + times * (real() - since); }",
        times,
    )


def take_away(page: Page, name: str) -> None:
    """Has the page's sockets fail, as behind a proxy that lets plain requests alone through."""
    if name:
        page.evaluate(
            f"() => {{ window.{name} = class {{ constructor() {{"
            " setTimeout(() => { this.onclose?.({ code: 1006 }); }); } close() {} }; }"
        )


def show(page: Page, html: str) -> None:
    page.evaluate("(html) => { document.body.innerHTML = html; }", html)
