"""What happened to a task, on its page."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from progress_backend.record import events as ev
from progress_backend.record.model import Worker
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.browser.conftest import OpenPage
from tests.browser.looking import other_language
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

IDENTITY = ev.Identity("fetch_data", 1_259, "7203.T")


# Asked for before a page: one that is open and follows a stream keeps an API from its end.
@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    flower = "https://flower.example.com/flower/"
    return start_api(redis_url=redis_url, locale="en", lease_s=86_400, flower_url=flower)


class Past:
    """What happened to a task, each so many seconds ago."""

    def __init__(self, url: str, task_id: str) -> None:
        self._url, self._id = url, task_id

    def add(self, *happened: tuple[float, ev.Event]) -> None:
        with Store(Settings(redis_url=self._url, locale="en")) as store:
            store.ready()
            now = store.now()
            for ago, event in happened:
                store.run(store.flows.apply(self._id, (event,), now - timedelta(seconds=ago)))


def started(worker: str) -> ev.Started:
    return ev.Started(identity=IDENTITY, worker=Worker("lease-1", worker), again_s=60)


def fill(past: Past) -> None:
    past.add(
        (300, ev.Created(identity=IDENTITY)),
        (290, started("celery@prices-1")),
        (280, ev.Progressed(current=20, details={"phase": "read"})),
        (200, ev.Retried(message="HTTPError: 503 Service Unavailable", retries=1)),
        (190, started("celery@prices-2")),
        (180, ev.Progressed(current=150, details={"phase": "write"})),
        (150, ev.Paused(by="alice", reason="the market is closed")),
        (149, ev.Acknowledged()),
        (90, ev.Resumed(by="alice")),
        (20, ev.Progressed(current=760)),
    )


def test_a_task_page_shows_the_timeline(
    api: RunningApi, redis_url: str, open_page: OpenPage
) -> None:
    past = Past(redis_url, "job")
    fill(past)
    page = open_page(api, "/task/job?lang=en", viewport={"width": 390, "height": 1100})
    list_ = page.locator(".timeline li")
    expect(list_).to_have_count(9)
    assert [" ".join(text.split()[1:]) for text in list_.all_inner_texts()] == [
        "Created",
        "Started attempt 1",
        "Phase read",
        "Retry attempt 1 · celery@prices-1 · HTTPError: 503 Service Unavailable",
        "Started attempt 2 · celery@prices-2",
        "Phase write",
        "Pause requested alice · the market is closed",
        "Carried out",
        "Resumed alice",
    ]
    # Its last run goes on.
    sums = re.compile(r"^Waited 0:20, ran \d:\d\d, paused 0:59: the market is closed, 2 attempts$")
    lane = page.get_by_role("img", name=sums)
    expect(lane).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    axis = lane.locator(".axis span")
    expect(axis).to_have_text([re.compile(r"^\d\d:\d\d:\d\d$"), "now"])
    ticks = lane.locator(".axis small")
    assert 2 <= ticks.count() <= 5
    expect(ticks.filter(has_text=re.compile(r"^\d\d:\d\d$")).first).to_be_visible()
    expect(lane.locator("i.paused")).to_have_attribute("title", re.compile("the market is closed$"))
    parts = lane.locator("i").evaluate_all("all => all.map((one) => one.className)")
    assert parts == ["wait", "run", "wait", "run", "paused", "running"]
    link = page.get_by_role("link", name="job", exact=True)
    expect(link).to_have_attribute("href", "https://flower.example.com/flower/task/job")
    past.add((0, ev.Failed(error_message="Traceback\nValueError: <b>no</b> price")))
    expect(list_.last).to_contain_text("Error exception · ValueError: <b>no</b> price")
    other_language(page)
    expect(list_.first).to_contain_text("作成")


@pytest.mark.parametrize("colours", [{}, {"forced_colors": "active"}])
def test_the_parts_of_the_lane_differ(
    api: RunningApi, redis_url: str, open_page: OpenPage, colours: Any
) -> None:
    fill(Past(redis_url, "job"))
    page = open_page(api, "/task/job?lang=en", **colours)
    expect(page.locator(".lane i.running")).to_be_visible()
    look = "e => getComputedStyle(e).background"
    kinds = ("wait", "run", "paused", "running")
    looks = [page.locator(f".lane i.{kind}").first.evaluate(look) for kind in kinds]
    assert len(set(looks[:3])) == 3
    assert looks[1] == looks[3]  # the last run of a running task
    for status in ("completed", "error", "cancelled"):
        # In one step: the page draws the lane again each second.
        ended = f"(e, name) => {{ e.className = name; return ({look})(e); }}"
        looks.append(page.locator(".lane i").last.evaluate(ended, status))
    assert len(set(looks)) == 6


def test_a_task_that_began_and_ended_has_no_timeline(
    api: RunningApi, redis_url: str, open_page: OpenPage
) -> None:
    past = Past(redis_url, "job")
    past.add((9, ev.Created(identity=IDENTITY)), (8, started("a")), (1, ev.Completed()))
    page = open_page(api, "/task/job?lang=en")
    expect(page.locator(".pill")).to_have_text("Completed")
    expect(page.get_by_role("heading", name="Times")).to_be_visible()
    expect(page.locator(".timeline")).to_be_hidden()


def test_a_stack_is_asked_for_and_folds_celerys_lines(
    api: RunningApi, redis_url: str, open_page: OpenPage
) -> None:
    Past(redis_url, "job").add(
        (30, ev.Created(identity=IDENTITY)), (20, started("celery@prices-1"))
    )
    frame = {"file": "jobs.py", "line": 2, "function": "fetch", "code": "time.sleep(60)"}
    folded = {"file": "celery/app/trace.py", "line": 1, "function": "trace_task", "folded": True}
    Records(redis_url).renew()
    page = open_page(api, "/task/job?lang=en")
    with page.expect_response("**/internal/task/job/stack") as asked:
        page.get_by_role("button", name="Show current line").click()
    assert asked.value.status == 202
    Records(redis_url).stack("job", frame, folded, folded, cause="time_limit")
    row = page.locator(".timeline li.stack")
    expect(row.locator("b")).to_have_text("Stack")
    expect(row.locator("small")).to_have_text("time limit is near")
    row.locator("summary").click()
    expect(row.locator("pre")).to_have_text("fetch (jobs.py:2)\n    time.sleep(60)\n…")
