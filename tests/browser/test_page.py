"""The page over records of each kind: filters, pages, languages, outages, and hostile texts."""

import re
import time
from datetime import timedelta

import pytest
import redis
from playwright.sync_api import expect

from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.browser.conftest import OpenPage
from tests.browser.looking import is_live, other_language, row, shows
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.mounting import mounted
from tests.web.serving import RunningApi

#: A browser with a clock that is wrong.
SHIFTED = """{
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { super(...(given.length ? given : [Date.now()])); }
    static now() { return Real.now() + HOURS * 3600 * 1000; }
  };
}"""


def test_nothing_yet(api: RunningApi, open_page: OpenPage) -> None:
    page = open_page(api)
    expect(page.locator("#empty")).to_contain_text("No tasks yet")
    expect(page.locator("#empty")).to_contain_text("@progress_task")
    task_id = api.create()
    shows(page, task_id, "created")
    expect(page.locator("#empty")).to_be_hidden()


def test_languages(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    records.start("job")
    page = open_page(api)
    expect(page.locator("h1")).to_have_text("Task progress")
    other_language(page)
    expect(page.locator("h1")).to_have_text("タスクの進捗")
    expect(row(page, "job")).to_contain_text("実行中")
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.reload()
    expect(page.locator("h1")).to_have_text("タスクの進捗")
    other_language(page)
    expect(row(page, "job")).to_contain_text("Running")
    japanese = open_page(api, locale="ja-JP")
    expect(japanese.locator("h1")).to_have_text("タスクの進捗")
    expect(japanese).to_have_title("実行中 1 · タスクの進捗")


def test_the_header_says_where_one_is_and_how_it_goes(
    start_api: StartApi, redis_url: str, records: Records, open_page: OpenPage
) -> None:
    records.start("runs")
    records.create("waits")
    records.member("m", "the-group", name="nightly")
    records.renew("celery@one/0")
    api = start_api(redis_url=redis_url, title="<b>Staging</b>", title_color="red")
    page = open_page(api, "/?lang=en", color_scheme="light")
    heading = page.locator("h1")
    expect(heading).to_have_text("<b>Staging</b>")
    expect(heading).to_have_css("background-color", "rgb(181, 40, 35)")
    expect(page).to_have_title("1 running · <b>Staging</b>")
    strip = page.locator("#strip")
    expect(strip).to_have_text(
        re.compile(r"^1 running · 2 waiting · oldest waits \d+:\d\d · 1 worker$")
    )
    page.get_by_role("link", name="Workflows").click()
    expect(page.locator("tr[data-workflow-id]")).to_have_count(1)
    expect(page.locator("tr[data-task-id]")).to_have_count(0)
    expect(page.locator("#paging")).to_have_text("1 workflow")
    expect(page.get_by_role("link", name="Workflows")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(row(page, "runs")).to_be_visible()
    page.locator("#menu").click()
    page.get_by_label("Colours").select_option("Dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 20, 23)")
    page.reload()
    expect(page.locator("body")).to_have_css("background-color", "rgb(18, 20, 23)")


@pytest.mark.parametrize(
    ("lang", "says"), [("en", "1 failed this hour"), ("ja", "1 時間以内の失敗 1 件")]
)
def test_the_header_links_to_the_failures_of_the_last_hour(
    api: RunningApi, records: Records, open_page: OpenPage, lang: str, says: str
) -> None:
    records.start("runs")
    records.start("failed")
    records.fail("failed", "why")
    page = open_page(api, f"/?lang={lang}")
    older = lambda one: one.fulfill(json={**one.fetch().json(), "open": None})  # noqa: E731
    page.route("**/internal/workers", older)
    page.reload()
    page.locator("#strip").get_by_role("link", name=says).click()
    shows(page, "failed", "error")
    expect(row(page, "runs")).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("lang", lang)


def test_a_sentence_says_when_the_open_tasks_of_the_list_will_be_done(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    def apply(name: str, event: ev.Event, ago: float) -> None:
        store.run(store.flows.apply(name, (event,), now - timedelta(seconds=ago)))

    with Store(records.settings) as store:
        store.ready()
        now, identity = store.now(), ev.Identity("fetch_data")
        for n in range(10):
            apply(f"old{n}", ev.Created(identity=identity), 100)
        for n in range(10):
            apply(f"old{n}", ev.Started(identity=identity), 100 - 10 * n)
            apply(f"old{n}", ev.Completed(), 90 - 10 * n)
    records.start("runs", total=None)
    page = open_page(api, "/?lang=en&task_type=fetch_data")
    when, times = page.locator("#when"), r"[\d:-]+( \d\d:\d\d)?"
    expect(when).to_have_text(re.compile("^The open task will be done "))
    for n in range(39):
        records.create(f"new{n}")
    every = re.compile(f"^These 40 open tasks will be done between {times} and {times}$")
    expect(when).to_have_text(every)
    other_language(page)
    expect(when).to_have_text(re.compile(f"^未完了 40 件は {times}〜{times} に終わる見込み$"))
    records.apply("other", ev.Created(identity=ev.Identity("merge")))
    page = open_page(api, "/?lang=en")
    expect(when := page.locator("#when")).to_have_text(re.compile(f"^40 of 41 .* {times}$"))
    page.locator('[data-filter="running"]').click()
    expect(when).to_be_empty()
    records.apply("later", ev.Created(identity=identity, eta=now + timedelta(hours=1)))
    page.locator('[data-filter="all"]').click()
    expect(when).to_have_text("42 open: can't estimate the end")


@pytest.mark.parametrize("hours", [-1, 1])
def test_an_end_that_may_be_taken_back_says_so_until_it_is_final(
    api: RunningApi, redis_url: str, open_page: OpenPage, hours: int
) -> None:
    """By the store's clock, whatever the browser's."""
    page = open_page(api)
    page.add_init_script(SHIFTED.replace("HOURS", str(hours)))
    page.reload()
    assert abs(page.evaluate("Date.now()") / 1000 - time.time() - hours * 3600) < 600
    is_live(page)
    message = Records(redis_url, lease_s=1, locale="en").lose("job", again_s=9).message
    assert message.startswith("Worker lost; may run again until ")
    shows(page, "job", "error")
    expect(row(page, "job")).to_contain_text(message)
    expect(row(page, "job")).to_have_attribute("data-final", "false")
    expect(row(page, "job")).to_have_attribute("data-final", "true")
    expect(row(page, "job")).not_to_contain_text("may run again")
    expect(row(page, "job")).to_contain_text("stopped answering")


def test_a_record_of_an_emptied_store_is_another_one(
    api: RunningApi, records: Records, redis_url: str, open_page: OpenPage
) -> None:
    """It counts from 1 again: its first messages have lower revisions than what was shown."""
    records.start("job")
    for current in range(1, 6):
        records.progress("job", current)
    page = open_page(api)
    shows(page, "job", "running")
    is_live(page)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    with page.expect_response(lambda answer: "internal/tasks" in answer.url):
        records.start("job", total=10)
        for current in range(1, 7):
            records.progress("job", current)
    expect(row(page, "job")).to_contain_text("60%")


SCRIPT = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'


def test_what_tasks_say_is_text(api: RunningApi, records: Records, open_page: OpenPage) -> None:
    hostile = f'"><b>{SCRIPT}'
    identity = ev.Identity(task_type=hostile, total_items=9, symbol=SCRIPT)
    records.apply(hostile, ev.Created(identity=identity))
    page = open_page(api)
    shows(page, api.create(), "created")
    details = {"processing_rate": SCRIPT, "estimated_remaining": SCRIPT}
    records.apply(hostile, ev.Progressed(current=4, message=SCRIPT, details=details))
    cells = page.locator("tr[data-status=running] td")
    expect(cells.locator(".open")).to_have_text(f"{SCRIPT} {hostile}")
    expect(cells.locator(".message")).to_have_text(SCRIPT)
    expect(cells.locator(".rate")).to_have_text(SCRIPT)
    records.fail(hostile, SCRIPT)
    expect(page.locator("tr[data-status=error] .message span")).to_have_text(SCRIPT)
    assert page.locator("img, td script").count() == 0
    assert page.evaluate("window.harmed") is None


def test_who_looks_again_sees_how_it_is_now(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api)
    shows(page, "job", "running")
    is_live(page)
    for event in (
        "document.dispatchEvent(new Event('visibilitychange'))",
        "dispatchEvent(new Event('online'))",
    ):
        page.wait_for_load_state("networkidle")  # all that was asked for is read
        with page.expect_request("**/internal/tasks?**"):
            page.evaluate(event)


def test_an_act_that_is_not_answered_is_no_success(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("job")
    page = open_page(api)
    page.route("**/internal/task/job/update", lambda route: route.abort())
    shows(page, "job", "running").get_by_role("button", name="Pause").click()
    expect(page.locator("#notice")).to_contain_text(
        "No answer: the request may have been carried out"
    )
    shows(page, "job", "running")


@pytest.mark.long
def test_what_is_never_answered_is_given_up_after_a_while(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    """A write as well as a read, while the socket goes on sending."""
    records.start("job")
    page = open_page(api)
    page.route("**/internal/task/job/update", lambda route: None)
    shows(page, "job", "running").get_by_role("button", name="Pause").click()
    expect(page.locator("#notice")).to_contain_text(
        "No answer: the request may have been carried out"
    )
    shows(page, "job", "running")
    page.route("**/internal/tasks?**", lambda route: None)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#connection")).to_have_attribute("data-state", "away")
    page.unroute("**/internal/tasks?**")
    is_live(page)


def test_under_a_prefix(start_api: StartApi, redis_url: str, open_page: OpenPage) -> None:
    api = start_api(mounted(Settings(redis_url=redis_url), "/progress"))
    Records(redis_url).start("a/進 捗")
    page = open_page(api, "/progress")
    shows(page, "a/進 捗", "running").get_by_role("link").click()
    expect(page.locator("#record code")).to_have_text("a/進 捗")
    expect(page.locator("#connection")).to_have_text("Live")


def test_the_policy_lets_nothing_else_in(api: RunningApi, open_page: OpenPage) -> None:
    page = open_page(api, tolerated=("Executing inline script violates",))
    is_live(page)
    policy = (
        "element => { element.textContent = 'window.harmed = 1'; document.body.append(element) }"
    )
    page.evaluate(f"({policy})(document.createElement('script'))")
    assert page.evaluate("window.harmed") is None
