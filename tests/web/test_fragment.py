"""HTML in place of JSON, and events with names."""

from typing import Any

import pytest

from progress_backend.record import events as ev
from progress_backend.web.fragment import fragment
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events, opened, url_of

HTML = {"Accept": "text/html"}
#: What Chromium sends for a page that a person opens.
PERSON = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
}


def body(**values: Any) -> dict[str, Any]:
    progress = {"current": 1200, "total": 2400, "percentage": 50.0}
    return {"task_type": "fetch", "status": "running", "progress": progress, **values}


def test_each_text_is_escaped_and_on_one_line() -> None:
    evil = '<script>alert(1)</script>" onload="x\r\n\ndata: y'
    for field in ("task_type", "symbol", "message", "error_message", "status"):
        made = fragment(body(**{field: evil}), "en")
        assert "<script" not in made
        assert '" onload' not in made
        assert len(made.splitlines()) == 1
    made = fragment(body(symbol="7203.T", message="half"), "ja")
    assert "fetch 7203.T" in made
    assert "実行中" in made
    assert "50.0% · 1,200 / 2,400" in made
    assert '<progress max="100" value="50.0"' in made
    unknown = body(progress={"current": 5, "total": 0, "percentage": 0})
    assert '<progress max="100" aria' in fragment(unknown, "en")  # as HTML says "unknown"


@pytest.mark.parametrize(
    ("status", "action", "shown"),
    [("cancelled", "cancel", "Cancel requested"), ("completed", "end", "End requested")],
)
def test_an_end_that_a_run_has_not_carried_out_is_none(
    status: str, action: str, shown: str
) -> None:
    asked = {"action": action, "acknowledged_at": None}
    still = body(status=status, control=asked, final=True, message="as it was")
    made = fragment(still, "en")
    assert f'<span class="status">{shown}, still running</span>' in made
    assert f'data-status="{status}" data-final="false"' in made
    assert "as it was" not in made
    assert " on a&lt;b</span>" in fragment(still | {"worker": "a<b"}, "en")
    over = fragment(still | {"control": asked | {"acknowledged_at": "then"}}, "en")
    assert 'data-final="true"' in over


def test_a_task_and_a_workflow_as_html(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url, locale="en")
    Records(redis_url).member("one", "group", name="a & b")
    task_id = api.create()
    for path, name in ((f"task/{task_id}", "fetch_data 7203.T"), ("workflow/group", "a &amp; b")):
        address = f"/internal/{path}/status"
        answer = api.http.get(address, headers=HTML)
        assert (answer.status_code, answer.headers["vary"]) == (200, "Accept, Accept-Language")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert f'<strong class="name">{name}</strong>' in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for asked in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}, PERSON):
            assert api.http.get(address, headers=asked).json()["progress"]
    piece, whole = (api.status(task_id, params=q, headers=HTML) for q in ({}, {"fields": "all"}))
    assert piece.text == whole.text
    assert api.status(task_id, params={"fields": "some"}, headers=HTML).status_code == 422
    assert api.http.get("/internal/task/nobody/status", headers=HTML).status_code == 404


def test_htmx_polls_no_more_at_the_end(start_api: StartApi, redis_url: str) -> None:
    api = start_api(redis_url=redis_url)
    task_id = api.create()
    address, asked = f"/internal/task/{task_id}/status", {**HTML, "HX-Request": "true"}
    assert api.http.get(address, headers=asked).status_code == 200
    Records(redis_url).start("job")
    assert api.cancel("job").status_code == 200
    job = "/internal/task/job/status"
    assert api.http.get(job, headers=asked).status_code == 200, "its run goes on"
    Records(redis_url).apply("job", ev.Acknowledged())
    assert api.http.get(job, headers=asked).status_code == 286
    api.update(task_id, status="completed")
    assert api.http.get(address, headers=asked).status_code == 286
    assert api.http.get(address, headers=HTML).status_code == 200


@pytest.mark.parametrize("events_", ["", "named", "html"])
def test_events_are_named_for_who_asks(api: RunningApi, events_: str) -> None:
    task_id = api.create()
    with opened(url_of(api, task_id) + (f"?events={events_}" if events_ else "")) as answer:
        found = events(answer)
        assert next(found).get("event") == ("progress" if events_ else None)
        api.update(task_id, status="completed")
        (end,) = found
    assert end.get("event") == ("end" if events_ else None)
    if events_ == "html":
        assert 'data-status="completed" data-final="true"' in end["data"]
    else:
        assert end["status"] == "completed"


def test_an_end_that_time_makes_final_is_named(start_api: StartApi, redis_url: str) -> None:
    """No message says that it is."""
    api = start_api(redis_url=redis_url, lease_s=1.5)
    assert api.status("lost").status_code == 404  # the first request takes its time
    Records(redis_url, lease_s=1.5).lose("lost", 3)
    with opened(url_of(api, "lost") + "?events=named") as answer:
        found = list(events(answer))
    assert [(event["event"], event["final"]) for event in found] == [
        ("progress", False),
        ("end", True),
    ]


def test_no_other_value_is_accepted(api: RunningApi) -> None:
    address = f"/internal/task/{api.create()}/events?events=xml"
    assert api.http.get(address).status_code == 422
