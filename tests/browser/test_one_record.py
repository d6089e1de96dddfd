"""One record, wherever it is read: the API's body and row, `show --json` and the page have the same
of a task in each state, whatever the zones of those who wrote it and of the browser."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from progress_backend.cli import main
from progress_backend.record import events as ev
from progress_backend.record.default_texts import in_language
from progress_backend.record.model import STATUSES, Task
from tests.browser.conftest import OpenPage
from tests.browser.looking import row, shows
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: Each half an hour or more from each other, and from the tests' own.
READERS, BROWSERS = "America/St_Johns", "Asia/Kolkata"
WRITERS = ("Asia/Tokyo", "America/Los_Angeles")

pytestmark = pytest.mark.slow

#: Default texts that say no more than the row's status and figures do.
PLAIN = ("completed", "failed", "cancelled", "progressed", "progressed_unknown_total")

Scene = Callable[[Records, str], Task]


def _control(records: Records, task_id: str, *asked: ev.Event) -> Task:
    records.start(task_id)
    records.progress(task_id, 63, "63 of 252 read")
    return [records.apply(task_id, event) for event in asked][-1]


def _retry(records: Records, task_id: str, after: timedelta) -> Task:
    records.start(task_id)
    eta = datetime.now(UTC) + after
    return records.apply(task_id, ev.Retried(retries=1, message="HTTPError: 503", eta=eta))


def _moving(records: Records, task_id: str, total: int | None) -> Task:
    records.start(task_id, total=total)
    return records.progress(task_id, 151)


def _ended(records: Records, task_id: str, end: ev.Event) -> Task:
    records.start(task_id)
    records.progress(task_id, 100, "100 of 252 read")
    return records.apply(task_id, end)


STOP = ev.Paused(by="api", reason="lunch")
END = ev.Cancelled(by="cli", reason="no longer wanted")
#: A task in each state that a page shows differently.
SCENES: dict[str, Scene] = {
    "waits": lambda records, i: records.create(i),
    "waits-paused": lambda records, i: [records.create(i), records.apply(i, STOP)][-1],
    "runs": lambda records, i: _moving(records, i, 252),
    "runs-uncounted": lambda records, i: _moving(records, i, None),
    "pause-asked": lambda records, i: _control(records, i, STOP),
    "paused": lambda records, i: _control(records, i, STOP, ev.Acknowledged()),
    "resumed": lambda records, i: _control(records, i, STOP, ev.Acknowledged(), ev.Resumed()),
    "retried-soon": lambda records, i: _retry(records, i, timedelta(seconds=40)),
    "retried-later": lambda records, i: _retry(records, i, timedelta(hours=2)),
    "retried-tomorrow": lambda records, i: _retry(records, i, timedelta(days=1)),
    "completed": lambda records, i: _ended(records, i, ev.Completed(results={"saved": 252})),
    "completed-counted": lambda records, i: _ended(records, i, ev.Completed(current=100)),
    "failed": lambda records, i: _ended(records, i, ev.Failed(error_message="ValueError: 3")),
    "lost": lambda records, i: records.lose(i),
    "lost-till-later": lambda records, i: records.lose(i, again_s=7_200),
    "lost-till-tomorrow": lambda records, i: records.lose(i, again_s=86_400),
    "cancel-asked": lambda records, i: _control(records, i, END),
    "cancelled": lambda records, i: _control(records, i, END, ev.Acknowledged()),
    "never-begun": lambda records, i: [records.create(i), records.apply(i, END)][-1],
}


@pytest.fixture
def env(redis_url: str) -> dict[str, str]:
    """The configuration of whoever reads in a terminal."""
    zone, locale = {"PROGRESS_TIMEZONE": READERS}, {"PROGRESS_LOCALE": "en"}
    return {"PROGRESS_REDIS_URL": redis_url, **zone, **locale}


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    # Nothing here has a living worker, and nothing is to be found lost.
    return start_api(redis_url=redis_url, timezone=READERS, locale="en", lease_s=86_400)


def test_all_readers_show_the_same_of_a_task_in_each_state(
    api: RunningApi, open_page: OpenPage, redis_url: str, env: dict[str, str]
) -> None:
    live = open_page(api, timezone_id=BROWSERS)
    made = {}
    for place, (task_id, scene) in enumerate(SCENES.items()):
        writer = Records(redis_url, locale="en", timezone=WRITERS[place % len(WRITERS)])
        made[task_id] = scene(writer, task_id)
        shows(live, task_id, made[task_id].status)
    assert {task.status for task in made.values()} == set(STATUSES)

    listed = api.http.get("/internal/tasks", params={"limit": 100}).json()
    rows = {each["task_id"]: each for each in listed["tasks"]}
    read = open_page(api, timezone_id=BROWSERS)
    for task_id, task in made.items():
        body = api.status(task_id).json()
        shows(read, task_id, task.status)
        assert _of_the_moment(rows[task_id]) == _of_the_moment(body)
        done = CliRunner().invoke(main, ["show", task_id, "--json"], env=env)
        assert _of_the_moment(json.loads(done.output)) == _of_the_moment(body)
        _a_page_shows(read, body)
        eventually(lambda i=task_id: _text(live, i) == _text(read, i), what=f"{task_id}, live")


#: What the read of one task alone has.
ONCE = ("ahead", "start_estimate", "usual_ms")


def _of_the_moment(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what lists do not have: the first estimate of a task without a rate or a
    total, and the place of one that waits."""
    body = {name: body[name] for name in body if name not in ONCE}
    if body.get("rate") and body["progress"]["total"]:
        return body
    body.pop("estimate", None)
    return {**body, "estimated_completion": None}


def _a_page_shows(page: Page, body: dict[str, Any]) -> None:
    shown = row(page, body["task_id"])
    status, progress = body["status"], body["progress"]
    assert shown.get_attribute("data-final") == str(body["final"]).lower()
    words = "Waiting" if status == "created" else status.capitalize()
    asked = _standing(body).capitalize() if "requested" in _standing(body) else words
    assert shown.locator(".status").inner_text() == asked
    percent, count = (shown.locator(f".figures {part}").inner_text() for part in ("b", "span"))
    total = progress["total"]
    if status == "created":  # no bar, and no figures
        assert (percent, count) == ("", "")
    else:
        assert percent == (f"{progress['percentage']:g}%" if total else "")
        counted = f"{progress['current']} / {total}" if total else str(progress["current"] or "")
        early = status == "completed" and total and progress["current"] < total
        assert count == ("" if early else counted)
    shown_text = _text_there(body)
    if (body.get("message_code") or {}).get("code") in PLAIN:
        shown_text = ""
    control, why = body.get("control"), ""
    if status == "error":  # the cause first; that it failed says no more
        why = shown_text
        shown_text = body["error_message"].rstrip().splitlines()[-1]
    elif control and status in ("paused", "cancelled"):
        goes_on = status == "cancelled" and control["acknowledged_at"] is None
        at = datetime.fromisoformat(control["at"]).astimezone(ZoneInfo(BROWSERS))
        who = f"{status.capitalize()} by {control['by']}, {at:%H:%M}: {control['reason']}"
        why = "still running on celery@tests · " * goes_on + who
    assert shown.locator(".message > span").text_content() == shown_text
    small = shown.locator(".message > small").text_content()
    # The place of a waiting task is read behind the list, a moment later.
    assert small == why or (status == "created" and "ahead" in body)
    since = shown.locator(".time").get_attribute("title")
    if body["start_time"] is None:
        assert since == ""
    else:
        began = datetime.fromisoformat(body["start_time"]).astimezone(ZoneInfo(BROWSERS))
        assert since == f"since {began:%Y-%m-%d %H:%M:%S}"


def _text_there(body: dict[str, Any]) -> str:
    """The record's text, where it has a time of day with that of the browser's zone."""
    at = datetime.fromisoformat(body["updated_at"]).astimezone(ZoneInfo(BROWSERS))
    return str(in_language("en", body["current_status"], body.get("message_code"), at))


def _standing(body: dict[str, Any]) -> str:
    control = body.get("control")
    asked = control is not None and control["acknowledged_at"] is None
    return f"{control['action']} requested" if asked else str(body["status"])


def _text(page: Page, task_id: str) -> str:
    """All of the task's row, but the time that is left, which each message updates."""
    shown = row(page, task_id)
    return shown.inner_text() + (shown.locator(".time").get_attribute("title") or "")
