"""The view of the workers: who lives, and what each of them runs."""

from playwright.sync_api import expect

from progress_backend.record import events as ev
from progress_backend.record.model import Worker as Runner
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.browser.conftest import OpenPage
from tests.browser.looking import marked, never_loaded_again, row, shows
from tests.records import Records
from tests.servers import Server, Worker
from tests.web.conftest import StartApi
from tests.web.test_overview import renewed

ALPHA = Runner("celery@alpha/0123456789abcdef", "celery@alpha")


def test_each_worker_is_there_with_what_it_runs(
    start_api: StartApi, open_page: OpenPage, worker: Worker, store: Server
) -> None:
    """A real one, and one that has gone without a word."""
    records = Records(store.url, lease_s=1, locale="en")
    records.apply("held", ev.Created(identity=ev.Identity("fetch_data", 252)))
    records.apply("held", ev.Started(identity=ev.Identity("fetch_data"), worker=ALPHA))
    records.progress("held", 63)
    renewed(records, ALPHA.lease)
    page = open_page(start_api(redis_url=store.url))
    shows(page, "held", "running")
    marked(page)
    page.get_by_role("link", name="Workers").click()
    expect(page.locator("#list")).to_be_hidden()
    cards = page.locator("#workers .workers > li")
    alpha, real = (cards.filter(has_text=text) for text in ("celery@alpha", "No running tasks."))
    expect(real.first).to_contain_text("Live")
    expect(alpha).to_contain_text("1 task")
    expect(alpha.get_by_role("link")).to_have_text("fetch_data 25%")
    expect(alpha).to_contain_text("Live")
    records.progress("held", 126)  # read again every few seconds
    expect(alpha.get_by_role("link")).to_have_text("fetch_data 50%")
    page.go_back()
    expect(page.locator("#list")).to_be_visible()
    shows(page, "held", "running")
    page.go_forward()
    expect(page.locator("#list")).to_be_hidden()
    never_loaded_again(page)
    page.reload()
    alpha.get_by_role("link").click()
    expect(page.locator("#record code").first).to_have_text("held")
    page.go_back()
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
    renewed(records, runner.lease)
    api = start_api(create_app(Settings(redis_url=redis_url)))
    viewport = {"width": 320, "height": 800}
    page = open_page(api, "/?lang=en&view=workers", viewport=viewport)
    card = page.locator("#workers .workers > li")
    expect(card).to_contain_text(name)
    expect(card).to_contain_text("25 tasks")
    expect(card).to_contain_text("and 5 more")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
