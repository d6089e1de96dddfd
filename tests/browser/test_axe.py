"""axe finds nothing to complain of: on the live page, on the pages of records, on the element."""

import gzip
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Page, expect

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.web import page_router, router
from tests.browser.conftest import OpenPage
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

pytestmark = pytest.mark.integration

AXE = gzip.decompress((Path(__file__).parent / "vendor" / "axe.min.js.gz").read_bytes()).decode()
W = "the-group"


@pytest.fixture
def records(redis_url: str) -> Records:
    """A task of each state, and a workflow with failures."""
    records = Records(redis_url, locale="en")
    for task_id in ("running", "completed", "error", "paused", "cancelled"):
        records.start(task_id)
        records.progress(task_id, 63, "page 1 of 4")
    records.create("created")
    records.create("unknown", total=None)
    records.complete("completed")
    records.apply("error", ev.Paused(by="desk", reason="closed"))
    records.apply("error", ev.Resumed(by="desk"))
    with Store(records.settings) as store:
        store.ready()
    records.fail("error", "Traceback\n" * 30 + "ValueError: no such price")
    for member in ("one", "two", "three"):
        records.member(member, W, name="fetch ×3")
        records.run(member)
    records.complete("one")
    records.fail("two", "no such price")
    return records


def with_a_shop(settings: Settings) -> FastAPI:
    """The API, with a page of elements beside its own."""
    own = FastAPI(docs_url=None)
    own.state.progress_settings = settings
    for part in (router, page_router):
        own.include_router(part)

    @own.get("/shop/{lang}")
    def shop(lang: str) -> HTMLResponse:
        tags = "".join(
            f'<task-progress task-id="{task_id}" cancellable></task-progress>'
            for task_id in ("running", "completed", "error", "paused", "created", "unknown", "none")
        )
        flow = f'<task-progress workflow-id="{W}"></task-progress>'
        return HTMLResponse(
            f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>A shop</title>'
            '<meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
            # axe takes a page that names no colours for a white one.
            "<style>body { background: Canvas; color: CanvasText; }</style>"
            '<script type="module" src="/static/task-progress.js"></script>'
            f"<main><h1>Orders</h1>{tags}{flow}</main>"
        )

    return own


@pytest.fixture
def api(start_api: StartApi, redis_url: str, records: Records) -> RunningApi:
    return start_api(with_a_shop(Settings(redis_url=redis_url, locale="en", lease_s=86_400)))


def complaints(page: Page) -> list[str]:
    """What axe finds, each with its place."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.add_script_tag(content=AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(("lang", "scheme"), [("en", "light"), ("ja", "dark")])
def test_nothing_to_complain_of(
    api: RunningApi, open_page: OpenPage, lang: str, scheme: str
) -> None:
    locale = {"en": "en-US", "ja": "ja-JP"}[lang]
    options = {"locale": locale, "color_scheme": scheme, "reduced_motion": "reduce"}
    page = open_page(api, "/", bypass_csp=True, **options)
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")
    expect(page.locator("tr[data-task-id]")).to_have_count(7)
    assert complaints(page) == []
    for path in ("task/error", "task/running", f"workflow/{W}", "task/none", "workflow/none"):
        page.goto(f"http://127.0.0.1:{api.port}/{path}?lang={lang}")
        expect(page.locator("#record:not([hidden]), #nothing:not([hidden])")).to_have_count(1)
        if path == "task/error":
            expect(page.locator(".lane")).to_be_visible()
        assert complaints(page) == [], path
    page.goto(f"http://127.0.0.1:{api.port}/shop/{lang}")
    expect(page.locator("task-progress [part=bar]:not([data-none])")).to_have_count(7)
    expect(page.locator("task-progress[data-state=refused]")).to_have_count(1)
    assert complaints(page) == []


def test_nor_where_something_is_open(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """A selection, rows that wait, keys, the panel, a refusal, the workers."""
    options = {"bypass_csp": True, "reduced_motion": "reduce", "color_scheme": "dark"}
    page = open_page(api, "/?lang=en", **options)
    expect(page.locator("tr[data-task-id]")).to_have_count(7)
    page.locator("tr[data-workflow-id]").hover()
    records.create("new")
    expect(page.locator("#news")).to_be_visible()
    page.locator("#select").focus()
    page.keyboard.press("Enter")
    page.locator("tr[data-workflow-id]").hover()
    expect(page.locator("#selection")).to_be_visible()
    page.locator(".tick").first.check()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.locator("tr[data-workflow-id] .open").click()
    expect(page.locator("#panel tr[data-task-id]")).to_have_count(1)
    assert complaints(page) == []
    page.locator("#table tr[data-task-id=error] .open").click()
    expect(page.locator("#panel .lane")).to_be_visible()
    assert complaints(page) == []
    page.locator("#panel").get_by_role("button", name="Close").click()
    page.locator("#search").fill("fetch_data")
    page.keyboard.press("Enter")
    expect(page.locator("#filters [data-name=task_type]")).to_be_visible()
    assert complaints(page) == []
    page.locator("#filters [data-name=task_type]").click()
    page.locator("#filters [data-filter=completed]").click()
    expect(page.locator("#sort")).to_be_visible()
    page.locator("#sort").press("Enter")
    assert complaints(page) == []
    page.keyboard.press("Escape")
    page.goto(f"http://127.0.0.1:{api.port}/?symbol={'x' * 300}&lang=en")
    expect(page.locator("#notice")).to_be_visible()
    assert complaints(page) == []
    page.goto(f"http://127.0.0.1:{api.port}/?view=workers&lang=en")
    expect(page.locator("#workers h2").first).to_have_text("Workers")
    assert complaints(page) == []


def test_nor_while_the_service_is_away(api: RunningApi, open_page: OpenPage) -> None:
    """All of it is stale, and its texts still have enough contrast."""
    options = {"bypass_csp": True, "reduced_motion": "reduce", "color_scheme": "dark"}
    page, record, flow, shop = (
        open_page(api, path, **options)
        for path in ("/", "/task/running", f"/workflow/{W}", "/shop/en")
    )
    for one in (page, record, flow):
        expect(one.locator("#connection")).to_have_attribute("data-state", "live")
    expect(shop.locator("task-progress [part=bar]:not([data-none])")).to_have_count(7)
    for one in (page, record, flow, shop):
        one.add_script_tag(content=AXE)
    api.stop()
    for one in (page, record, flow):
        expect(one.locator("#connection")).to_have_attribute("data-state", "away")
    expect(shop.locator("task-progress[data-state=stale]").first).to_be_visible()
    for one in (page, record, flow, shop):
        assert complaints(one) == []


def test_nor_while_a_dialog_is_open(api: RunningApi, open_page: OpenPage) -> None:
    """A dialog is open, and an act was refused."""
    page = open_page(api, "/task/running?lang=en", bypass_csp=True, reduced_motion="reduce")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert complaints(page) == []
    page.get_by_role("button", name="Cancel it").click()
    page.get_by_role("button", name="Terminate").click()
    assert complaints(page) == []
    page.get_by_role("button", name="Terminate the process").click()
    expect(page.get_by_role("alert")).to_contain_text("Not done")  # this API has no broker
    assert complaints(page) == []
