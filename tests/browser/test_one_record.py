"""One record, wherever it is read: the API's body and row, the terminal and the page say the same
of a task in each state, whatever the zones of those who wrote it and of the browser."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page

from progress_backend.cli import main
from progress_backend.record import events as ev
from progress_backend.record.model import STATUSES, Task
from tests.browser.conftest import OpenPage
from tests.browser.looking import row, shows
from tests.conftest import StartService
from tests.records import Records
from tests.waiting import eventually
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi

#: Each half an hour or more from each other, and from the tests' own.
READERS, BROWSERS = "America/St_Johns", "Asia/Kolkata"
WRITERS = ("Asia/Tokyo", "America/Los_Angeles")

pytestmark = pytest.mark.slow

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
#: A task in each state that a reader can tell from others.
SCENES: dict[str, Scene] = {
    "waits": lambda records, i: records.create(i),
    "waits-paused": lambda records, i: [records.create(i), records.apply(i, STOP)][-1],
    "runs": lambda records, i: _moving(records, i, 252),
    "runs-uncounted": lambda records, i: _moving(records, i, None),
    "pause-asked": lambda records, i: _control(records, i, STOP),
    "paused": lambda records, i: _control(records, i, STOP, ev.Heeded()),
    "resumed": lambda records, i: _control(records, i, STOP, ev.Heeded(), ev.Resumed()),
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
    "cancelled": lambda records, i: _control(records, i, END, ev.Heeded()),
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


def test_all_readers_say_the_same_of_a_task_in_each_state(
    api: RunningApi,
    open_page: OpenPage,
    redis_url: str,
    env: dict[str, str],
    start_service: StartService,
) -> None:
    command = Path(sys.executable).parent / "progress-backend"
    followed = start_service([command, "watch", "--plain", "--interval", "0.1"], env=env)
    live = open_page(api, timezone_id=BROWSERS)
    made = {}
    for place, (task_id, scene) in enumerate(SCENES.items()):
        writer = Records(redis_url, locale="en", timezone=WRITERS[place % len(WRITERS)])
        made[task_id] = scene(writer, task_id)
        shows(live, task_id, made[task_id].status)
    assert {task.status for task in made.values()} == set(STATUSES)

    listed = api.http.get("/internal/tasks", params={"limit": 100}).json()
    rows = {each["task_id"]: each for each in listed["tasks"]}
    table = _run(env, "tasks", "--limit", "100", "--no-trunc").splitlines()
    read = open_page(api, timezone_id=BROWSERS)
    for task_id, task in made.items():
        body = api.status(task_id).json()
        shows(read, task_id, task.status)
        assert _of_the_moment(rows[task_id]) == _of_the_moment(body)
        _tells_what_was_written(body, task)
        _the_terminal_says(body, table, env)
        _a_page_shows(read, body)
        eventually(lambda i=task_id: _text(live, i) == _text(read, i), what=f"{task_id}, live")
        # Of a waiting task `watch` says its place, which a line of the record does not have.
        waits = body["status"] == "created" and body["ahead"] is not None
        told = task_id if waits else _line(body)
        eventually(lambda line=told: line in followed.log, what=told)
    assert (
        json.loads(_run(env, "tasks", "--limit", "100", "--json"))["summary"] == listed["summary"]
    )


def _of_the_moment(body: dict[str, Any]) -> dict[str, Any]:
    """The body without what lists do not have: the first estimate of a task without a rate or a
    total, and the place of one that waits."""
    body = {**body, "ahead": None, "start_estimate": None}
    if body["rate"] and body["progress"]["total"]:
        return body
    return {**body, "estimated_completion": None, "estimate": None}


def _tells_what_was_written(body: dict[str, Any], task: Task) -> None:
    """Each instant is the one that was recorded, in the reader's zone."""
    again_until = None if task.delivery is None else task.delivery.again_until
    eta = None if task.delivery is None else task.delivery.eta
    for text, time in (
        (body["created_at"], task.created_at),
        (body["start_time"], task.started_at),
        (body["updated_at"], task.updated_at),
        (body["end_time"], task.completed_at),
        (body["may_come_again_until"], again_until),
        ((body["delivery"] or {}).get("eta"), eta),
    ):
        if time is None:
            assert text is None
            continue
        shown = datetime.fromisoformat(text)
        assert shown == time.replace(microsecond=time.microsecond // 1000 * 1000)
        assert shown.utcoffset() in (-timedelta(hours=3.5), -timedelta(hours=2.5)), text
    # What is said of a time in words as well.
    for text in (again_until and body["may_come_again_until"], body["delivery"] and eta):
        found = re.search(r"(?:until|at) ((\d\d-\d\d )?(\d\d:\d\d))", body["current_status"])
        if text and found:
            time = datetime.fromisoformat(body["may_come_again_until"] or body["delivery"]["eta"])
            assert found[3] == f"{time:%H:%M}"
            other_day = time.date() != datetime.fromisoformat(body["updated_at"]).date()
            assert found[2] == (f"{time:%m-%d} " if other_day else None)


def _the_terminal_says(body: dict[str, Any], table: list[str], env: dict[str, str]) -> None:
    task_id = body["task_id"]
    assert _of_the_moment(json.loads(_run(env, "show", task_id, "--json"))) == _of_the_moment(body)
    # Its timeline follows behind an empty line.
    lines = _run(env, "show", task_id).partition("\n\n")[0].splitlines()
    facts = dict(re.split(r" {2,}", line, maxsplit=1) for line in lines)
    progress, current = body["progress"], body["progress"]["current"]
    assert facts["Status"] == _standing(body)
    assert facts["Progress"].startswith(f"{current}/{progress['total'] or '?'} (")
    assert facts.get("Message", "") == body["current_status"]
    cause = f" ({body['error_cause']})" if body["error_cause"] else ""
    assert facts.get("Error", "") == (body["error_message"] or "") + cause
    control = body["control"]
    asked = control and f"{control['action']} by {control['by']}: {control['reason']}"
    assert facts.get("Asked for") == asked
    for label, name in (
        ("Created", "created_at"),
        ("Started", "start_time"),
        ("Updated", "updated_at"),
        ("Ended", "end_time"),
    ):
        assert facts.get(label) == _second(body[name])
    assert facts.get("Results") == (json.dumps(body["results"]) if body["results"] else None)
    [line] = [line for line in table if line.startswith(f"{task_id} ")]
    cells = re.split(r" {2,}", line)
    percent = cells[4]
    assert cells == [
        *(task_id, _standing(body), body["task_type"], body["symbol"] or "–"),
        *(percent, _second(body["created_at"])),
    ]
    assert f"({percent})" in facts["Progress"]
    if progress["total"] or body["status"] == "completed":
        assert percent == f"{progress['percentage']:g}%"


def _line(body: dict[str, Any]) -> str:
    """What `watch` prints of it, from the text on: figures and times before it move on."""
    told = body["current_status"]
    if body["status"] == "error":
        error = body["error_message"]
        told = error if body["final"] else f"{told} ({error})"
    elif (body["control"] or {}).get("reason"):
        told = f"{told} ({body['control']['reason']})".strip()
    what = " ".join(filter(None, [body["task_type"], body["symbol"]]))
    return "  ".join(filter(None, [what, told, body["task_id"]]))


def _a_page_shows(page: Page, body: dict[str, Any]) -> None:
    shown = row(page, body["task_id"])
    status, progress = body["status"], body["progress"]
    assert shown.get_attribute("data-final") == str(body["final"]).lower()
    words = status.capitalize()
    asked = {"pause asked": "Pause asked", "cancel asked": "Cancel asked"}
    assert shown.locator(".status").inner_text() == asked.get(_standing(body), words)
    percent, count = (shown.locator(f".figures {part}").inner_text() for part in ("b", "span"))
    total = progress["total"]
    assert percent == (f"{progress['percentage']:g}%" if total else "")
    assert count == (f"{progress['current']} / {total}" if total else str(progress["current"]))
    told = body["current_status"]
    control, why = body["control"], ""
    if status == "error":  # the cause first; that it failed says no more
        why = "" if told == "An error occurred" else told
        told = body["error_message"].rstrip().splitlines()[-1]
    elif control and status in ("paused", "cancelled"):
        why = f"{control['by']}: {control['reason']}"
    assert shown.locator(".message > span").text_content() == told
    said = shown.locator(".message > small").text_content()
    # The place of a waiting task is read behind the list, a moment later.
    assert said == why or (status == "created" and body["ahead"] is not None)
    since = shown.locator(".time").get_attribute("title")
    if body["start_time"] is None:
        assert since == ""
    else:
        began = datetime.fromisoformat(body["start_time"])
        assert since == f"since {began:%-m/%-d/%Y, %-I:%M:%S} {began:%p}"


def _standing(body: dict[str, Any]) -> str:
    control = body["control"]
    asked = control is not None and control["heeded_at"] is None
    return f"{control['action']} asked" if asked else str(body["status"])


def _second(text: str | None) -> str | None:
    return None if text is None else f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S %z}"


def _text(page: Page, task_id: str) -> str:
    """All of the task's row, but the time that is left, which each message tells anew."""
    shown = row(page, task_id)
    return shown.inner_text() + (shown.locator(".time").get_attribute("title") or "")


def _run(env: dict[str, str], *args: str) -> str:
    done = CliRunner().invoke(main, args, env=env)
    assert done.exit_code == 0, done.output
    return done.output
