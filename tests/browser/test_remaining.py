"""The time left on the page: the range that past runs of the type give, and what is beyond it."""

import re
from datetime import timedelta

import pytest
import redis
from playwright.sync_api import Locator, Page, expect

from progress_backend.operations.keys import Keys
from progress_backend.record import events as ev
from progress_backend.record.estimate import estimated_end, remaining_seconds
from progress_backend.record.local_time import moment
from progress_backend.record.past_runs import PastRun
from progress_backend.store.drivers import Store
from tests.browser.conftest import OpenPage
from tests.browser.looking import other_language
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: What four runs have missed their prediction by, as logarithms.
APART, FAR_APART = (-0.5, -0.1, 0.1, 0.5), (-1.0, -1.0, 1.0, 1.0)


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    return start_api(redis_url=redis_url)


def past(records: Records, misses: tuple[float, ...]) -> None:
    """Four runs of the type."""
    runs = [PastRun(n + 1, 4_000.0, 252, None, miss, miss) for n, miss in enumerate(misses)]
    with redis.Redis.from_url(str(records.settings.redis_url)) as client:
        client.set("task_runs:fetch_data", "".join(f"{run.text}\n" for run in reversed(runs)))


def half_way(records: Records, task_id: str, ago_s: float = 0) -> None:
    """A job that so long ago had done half of its work in 2,000 seconds."""
    identity = ev.Identity(task_type="fetch_data", total_items=252, symbol="7203.T")
    happened: list[tuple[float, ev.Event]] = [(-2_001, ev.Started(identity=identity))]
    for part in range(5):
        value = ev.Progressed(current=int(31.5 * part))
        happened.append((500 * part - 2_000, value))
    with Store(records.settings) as store:
        end = store.now() - timedelta(seconds=ago_s)
        for at_s, event in happened:
            flow = store.flows.apply(task_id, (event,), end + timedelta(seconds=at_s))
            assert store.run(flow).refused is None


def add_element(page: Page, task_id: str) -> None:
    page.evaluate(
        """(id) => {
          const script = document.createElement("script");
          [script.type, script.src] = ["module", "static/task-progress.js"];
          const one = document.createElement("task-progress");
          one.setAttribute("task-id", id);
          document.body.append(script, one);
        }""",
        task_id,
    )


def time_of(page: Page, task_id: str) -> Locator:
    return page.locator(f'tr[data-task-id="{task_id}"] .time')


def test_a_run_without_rate_or_history_has_no_estimate_and_at_its_end_no_empty_bar(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    records.start("new", total=None)
    with Store(records.settings) as store:
        began = ev.Started(identity=ev.Identity("unknown"))
        store.run(store.flows.apply("job", (began,), store.now() - timedelta(seconds=11)))
    page = open_page(api, "/?lang=en")
    expect(time_of(page, "job")).to_have_text("can't estimate")
    expect(time_of(page, "new")).to_be_empty()
    page.locator('tr[data-task-id="job"] .open').click()
    expect(page.locator("#panel .numbers")).to_have_text("can't estimate")
    expect(page.locator("#panel .bar")).to_be_visible()
    records.fail("job", "why")
    expect(page.locator("#panel .bar")).to_be_hidden()


@pytest.mark.parametrize(
    ("misses", "english", "japanese"),
    [(APART, "17–62 min left", "残り 17–62 分"), (FAR_APART, "up to 3 h left", "残り 最大 3 時間")],
)
def test_a_range_is_shown_where_past_runs_give_one(
    api: RunningApi,
    records: Records,
    open_page: OpenPage,
    misses: tuple[float, ...],
    english: str,
    japanese: str,
) -> None:
    past(records, misses)
    half_way(records, "job")
    page = open_page(api)
    expect(time_of(page, "job")).to_have_text(english)
    other_language(page)
    expect(time_of(page, "job")).to_have_text(japanese)


def test_a_running_workflows_range_is_estimated_from_past_ones(
    api: RunningApi, records: Records, open_page: OpenPage, redis_url: str
) -> None:
    for task_id in ("one", "two"):
        records.member(task_id, "w", name="nightly import")
    page = open_page(api)
    time = page.locator('tr[data-workflow-id="w"] .time')
    expect(time).to_have_text("")
    runs = [PastRun(n + 1, 1_800.0 + by, 2) for n, by in enumerate((30, 0, 0, -30))]
    with redis.Redis.from_url(redis_url) as client:
        name = Keys().past_workflows("nightly import")
        client.set(name, "".join(f"{one.text}\n" for one in reversed(runs)))
    records.run("one")
    expect(time).to_have_text(re.compile(r"^2\d–3\d min left$"))
    other_language(page)
    expect(time).to_have_text(re.compile(r"^残り 2\d–3\d 分$"))


def test_past_the_latest_end_it_says_so_until_the_next_value(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    past(records, APART)
    half_way(records, "fresh")
    task = records.get("fresh")
    _, found = estimated_end(task, remaining_seconds(task))
    latest_s = (moment(found.latest) - task.updated_at).total_seconds()
    half_way(records, "late", ago_s=latest_s + 60)
    half_way(records, "soon late", ago_s=latest_s - 4)
    page = open_page(api)
    expect(time_of(page, "fresh")).to_have_text("17–62 min left")
    expect(time_of(page, "late")).to_have_text("longer than usual")
    expect(time_of(page, "soon late")).to_have_text("longer than usual")  # as time goes by
    records.progress("late", 240)
    expect(time_of(page, "late")).not_to_have_text("longer than usual")
    expect(time_of(page, "late")).to_contain_text(" left")


def message_of(page: Page, task_id: str) -> Locator:
    return page.locator(f'tr[data-task-id="{task_id}"] .message')


def test_a_waiting_tasks_place_and_estimated_start_are_shown(
    api: RunningApi, records: Records, open_page: OpenPage
) -> None:
    for number in range(14):
        records.publish(f"t{number}")
    page = open_page(api, "/?sort=newest")
    expect(message_of(page, "t0")).to_contain_text("no worker is running")
    expect(time_of(page, "t0")).to_have_text("")
    expect(open_page(api, "/task/t0").locator(".why")).to_have_text("no worker is running")
    records.renew()
    expect(message_of(page, "t0")).to_contain_text("first of its type")
    expect(message_of(page, "t1")).to_contain_text("1 of its type ahead")
    expect(message_of(page, "t13")).to_contain_text("about 13 of its type ahead")
    expect(time_of(page, "t13")).to_have_text("")
    with Store(records.settings) as store:
        now_ms = int(store.now().timestamp() * 1000)
    runs = [PastRun(now_ms - 60_000 * n, 55.0, 252, 300.0) for n in range(10)]
    with redis.Redis.from_url(str(records.settings.redis_url)) as client:
        client.set("task_runs:fetch_data", "".join(f"{run.text}\n" for run in runs))
    expect(time_of(page, "t13")).to_have_text("starts in 6–28 min")
    add_element(page, "t13")
    expect(page.locator("task-progress [part=time]")).to_have_text("starts in 6–28 min")
    expect(page.locator("task-progress [part=message]")).to_have_text("13 ahead")
    other_language(page)
    expect(time_of(page, "t13")).to_have_text("開始まで 6–28 分")
    expect(message_of(page, "t13")).to_contain_text("同じ種別で約 13 件待ち")
    other_language(page)
    records.start("t0")
    expect(message_of(page, "t1")).to_contain_text("first of its type")
    expect(message_of(page, "t0")).not_to_contain_text("first of its type")


@pytest.mark.parametrize("by", ["socket", "polls"])
def test_an_element_shows_the_time_left_of_a_record_that_is_old(
    api: RunningApi, records: Records, open_page: OpenPage, by: str
) -> None:
    """A job without a value since long ago."""
    past(records, APART)
    half_way(records, "job", ago_s=1_500)
    page = open_page(api)
    if by == "polls":
        page.route_web_socket("**/internal/ws/watch**", lambda socket: socket.close(code=1001))
    add_element(page, "job")
    # Not the 17–62 minutes from its last value on; the first heartbeat comes after ten seconds.
    left = re.compile(r"^up to 3\d min left$")
    expect(page.locator("task-progress [part=time]")).to_have_text(left, timeout=60_000)
