"""The view of the workers: who lives, and what each of them runs."""

from datetime import UTC, datetime

from playwright.sync_api import expect

from progress_backend.record import events as ev
from progress_backend.record.model import Worker as Runner
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.conftest import OpenPage, kept
from tests.browser.looking import marked, never_loaded_again, row, shows
from tests.records import Records
from tests.servers import Server, Worker
from tests.web.conftest import StartApi

ALPHA = Runner("celery@alpha/0123456789abcdef", "celery@alpha")


def test_each_worker_is_there_with_what_it_runs(
    start_api: StartApi, open_page: OpenPage, worker: Worker, store: Server
) -> None:
    """A real one, and one that has gone without a word."""
    records = Records(store.url, lease_s=1, locale="en")
    identity = ev.Identity("fetch_data", 252, "7203.T")
    records.apply("held", ev.Created(identity=identity))
    records.apply("held", ev.Started(identity=identity, worker=ALPHA))
    records.progress("held", 63)
    records.renew(ALPHA.lease)
    page = open_page(start_api(redis_url=store.url))
    shows(page, "held", "running")
    marked(page)
    page.get_by_role("link", name="Workers").click()
    expect(page.locator("#list")).to_be_hidden()
    cards = page.locator("#workers .workers > li")
    alpha, real = (cards.filter(has_text=text) for text in ("celery@alpha", "0 of 2 slots"))
    expect(real.first).to_contain_text("Live")
    for text in ("1 task", "25%", "started a moment ago", "Live"):
        expect(alpha).to_contain_text(text)
    expect(alpha.get_by_role("link")).to_have_text("7203.T fetch_data")
    expect(alpha.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "25")
    records.warning("held", stalled=datetime.now(UTC))
    # read again every few seconds
    expect(alpha.locator(".warnings")).to_have_text("Stalled")
    kept("workers", 0, page.screenshot)
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    shows(page, "held", "running")
    page.go_forward()
    expect(page.locator("#list")).to_be_hidden()
    never_loaded_again(page)
    page.reload()
    alpha.get_by_role("link").click()
    expect(page.locator("#record code").first).to_have_text("held")
    page.keyboard.press("Escape")
    expect(alpha.get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="Tasks").click()
    expect(row(page, "held")).to_be_visible()


def test_nothing_is_cut_off(start_api: StartApi, open_page: OpenPage, redis_url: str) -> None:
    name = "celery@" + "a-long-name-" * 12
    records = Records(redis_url)
    runner = Runner(f"{name}/0123456789abcdef", name)
    for number in range(25):
        records.create(f"job-{number}")
        records.apply(
            f"job-{number}", ev.Started(identity=ev.Identity("fetch_data"), worker=runner)
        )
    records.renew(runner.lease)
    api = start_api(create_app(Settings(redis_url=redis_url)))
    viewport = {"width": 320, "height": 800}
    page = open_page(api, "/?lang=en&view=workers", viewport=viewport)
    card = page.locator("#workers .workers > li")
    expect(card).to_contain_text(name)
    expect(card).to_contain_text("25 tasks")
    expect(card).to_contain_text("and 5 more")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
