"""Default texts in the language that a request wishes; a user's own texts as they are."""

import asyncio
import json
from typing import Any

import pytest

from progress_backend.record.default_texts import progress_text, text
from tests.records import Records
from tests.web.conftest import StartApi
from tests.web.serving import RunningApi
from tests.web.test_event_stream import events
from tests.web.test_websockets import received

EN, JA = {"Accept-Language": "en-US,en;q=0.9"}, {"Accept-Language": "ja-JP"}
DONE = {"en": "Processing... (150/252)", "ja": "処理中... (150/252)"}
MEMBERS = {"en": "0 of 1 tasks have ended", "ja": "1 件中 0 件が終了"}


@pytest.fixture
def api(start_api: StartApi, redis_url: str) -> RunningApi:
    records = Records(redis_url, locale="ja", timezone="Asia/Tokyo")
    for task_id in ("counts", "says"):
        records.start(task_id)
    records.progress("counts", 150, progress_text("ja", 150, 252))
    records.progress("says", 150, "An error occurred")
    records.member("m", "flow")
    records.fail("says", "エラーが発生しました")
    return start_api(redis_url=redis_url, timezone="Asia/Tokyo", lease_s=3_600)


def read(api: RunningApi, path: str, wish: dict[str, str] | None = None) -> dict[str, Any]:
    answer = api.http.get(f"/internal/{path}", headers=wish or {})
    assert answer.status_code == 200, answer.text
    assert "Accept-Language" in answer.headers["vary"]
    return dict(answer.json())


def test_each_read_has_the_language_of_its_header(api: RunningApi, redis_url: str) -> None:
    for wish, lang in ((None, "ja"), (EN, "en"), (JA, "ja"), ({"Accept-Language": "*"}, "ja")):
        body = read(api, "task/counts/status", wish)
        assert body["current_status"] == DONE[lang]
        assert body["message_code"]["code"] == "progressed"
        rows = {row["task_id"]: row for row in read(api, "tasks", wish)["tasks"]}
        assert rows["counts"]["current_status"] == DONE[lang]
        assert rows["says"]["error_message"] == "エラーが発生しました", "a user's own"
        top = read(api, "tasks?top=true", wish)["tasks"]
        flow = [row["current_status"] for row in top if row["task_id"] == "flow"]
        listed = [row["current_status"] for row in read(api, "workflows", wish)["workflows"]]
        read_as = [read(api, f"{kind}/flow/status", wish) for kind in ("workflow", "task")]
        assert [*flow, *listed, *(one["current_status"] for one in read_as)] == [MEMBERS[lang]] * 4
    assert Records(redis_url, lease_s=30, locale="ja").lose("gone").again_until is not None
    for wish, lang in ((None, "ja"), (EN, "en")):
        body = read(api, "task/gone/status", wish)
        until = body["may_come_again_until"][11:16]
        assert until in body["current_status"], "in the service's zone"
        assert (lang == "en") is body["current_status"].startswith("Worker lost")


def test_a_tag_is_of_one_language(api: RunningApi) -> None:
    tags = {}
    for name, wish in (("plain", {}), ("en", EN), ("ja", JA)):
        tags[name] = api.status("counts", headers=wish).headers["etag"]
        again = {**wish, "If-None-Match": tags[name]}
        same = api.status("counts", headers=again)
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["vary"] == "Accept, Accept-Language"
        head = api.http.head("/internal/task/counts/status", headers=wish)
        about = (head.headers["etag"], head.headers["vary"])
        assert about == (tags[name], "Accept, Accept-Language")
    assert len({*tags.values()}) == 3
    other = {**EN, "If-None-Match": tags["ja"]}
    assert api.status("counts", headers=other).json()["current_status"] == DONE["en"]
    flow = [api.workflow("flow", headers=wish).headers["etag"] for wish in (EN, JA)]
    assert flow[0] != flow[1]


def test_answers_to_acts_timelines_and_html_have_it(api: RunningApi, redis_url: str) -> None:
    update = {"status": "running", "current_items": 151}
    answer = api.http.put("/internal/task/counts/update", json=update, headers=EN)
    assert answer.json()["current_status"] == DONE["en"]
    assert answer.headers["vary"] == "Accept-Language"
    for path in ("task/flow", "workflow/flow"):
        answer = api.http.put(f"/internal/{path}/update", json={"status": "paused"}, headers=EN)
        assert answer.headers["vary"] == "Accept-Language"
    answer = api.http.post("/internal/task/m/cancel", headers=EN)
    assert answer.json()["current_status"] == "The task was cancelled"
    assert answer.headers["vary"] == "Accept-Language"
    answer = api.http.post("/internal/workflow/flow/cancel", headers=EN)
    assert answer.status_code == 409
    Records(redis_url).start("gone")
    Records(redis_url).fail("gone", text("ja", "lost", worker="w@h"))
    texts = [read(api, "task/gone/timeline", wish)["entries"][-1]["text"] for wish in ({}, EN)]
    assert texts == ["ワーカー w@h が応答しなくなりました", "Worker w@h stopped answering"]
    html = {**EN, "Accept": "text/html"}
    page = api.http.get("/internal/task/counts/status", headers=html)
    assert DONE["en"] in page.text
    assert ">Running<" in page.text
    assert ">実行中<" in api.http.get("/internal/task/counts/status", headers={**html, **JA}).text


async def test_two_sockets_and_a_stream_of_one_task_each_in_its_language(
    api: RunningApi, redis_url: str
) -> None:
    english = {"additional_headers": EN}
    async with (
        api.watch("counts") as plain,
        api.watch("counts", **english) as own,
        api.socket("tasks", **english) as every,
        api.socket("watch", **english) as shared,
    ):
        await shared.send(json.dumps({"watch": "a", "task_id": "counts"}))
        first = [(await received(one))["message"] for one in (plain, own)]
        assert first == [DONE["ja"], DONE["en"]]
        assert (await received(shared))["update"]["message"] == DONE["en"]
        later = progress_text("ja", 200, 252)
        await asyncio.to_thread(Records(redis_url).progress, "counts", 200, later)
        then = [await received(one) for one in (plain, own, every)]
        shown = [*then, (await received(shared))["update"]]
        texts = [one.pop("message") for one in shown]
        assert texts == [DONE["ja"].replace("150", "200")] + [DONE["en"].replace("150", "200")] * 3
        assert all(one == shown[0] for one in shown), "nothing else differs"
    with api.http.stream("GET", "/internal/task/counts/events", headers=EN) as answer:
        assert answer.headers["vary"] == "Accept-Language"
        assert next(events(answer))["message"] == DONE["en"].replace("150", "200")


def test_errors_and_creations_say_the_same_in_each(api: RunningApi) -> None:
    for wish in (EN, JA, {"Accept-Language": ";;q=x,,"}):
        assert api.status("nobody", headers=wish).json() == api.status("nobody").json()
        assert api.status("counts", headers=wish).status_code == 200
