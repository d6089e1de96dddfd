"""Jobs that are started by HTTP: a record before the answer, one task for a key, no secret door."""

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import takewhile
from typing import Any

import pytest
import redis
from celery import chain, group
from celery.result import GroupResult

from progress_backend import sign
from progress_backend.credentials import tokens
from progress_backend.jobs import publish_threads, starts
from progress_backend.operations import starts as claims
from progress_backend.settings import Settings
from progress_backend.web import create_app
from tests.apps import App, in_process, working
from tests.conftest import Install
from tests.waiting import eventually
from tests.web.serving import RunningApi

OWNER = "alice"
Serve = Callable[..., RunningApi]


def fetch(self: Any, rows: int, label: str = "x") -> dict[str, int]:
    """Fetch rows."""
    return {"rows": rows}


@pytest.fixture
def shop(installed: Install) -> App:
    app = installed(in_process("jobs"))
    app.task(bind=True, name="fetch", shared=False)(marked(start=True)(fetch))
    app.task(bind=True, name="mine", shared=False)(marked(start="owner")(fetch))
    app.task(bind=True, name="unmarked", shared=False)(marked()(fetch))
    app.empty_queue("jobs")
    return app


def marked(**options: Any) -> Callable[[Any], Any]:
    from progress_backend import progress_task

    def mark(function: Any) -> Any:
        def own(self: Any, rows: int, label: str = "x") -> dict[str, int]:
            """Fetch rows."""
            return fetch(self, rows, label)

        return progress_task(**options)(own)

    return mark


@pytest.fixture
def serve(redis_url: str, shop: App) -> Iterator[Serve]:
    opened: list[RunningApi] = []

    def make(app: Any = None, *, start: bool = True, **options: Any) -> RunningApi:
        settings = Settings(redis_url=redis_url, **options)
        api = create_app(settings, celery_app=app or shop.celery, start=start)
        opened.append(RunningApi(api).start())
        return opened[-1]

    yield make
    for api in opened:
        api.stop()


def messages(app: App) -> int:
    with app.celery.connection_for_write() as connection:
        return int(connection.default_channel.queue_declare("jobs", passive=False).message_count)


def test_the_record_is_there_before_the_answer(shop: App, serve: Serve) -> None:
    api = serve()
    answer = api.http.post("/internal/jobs/fetch", json={"rows": 3})
    task_id = answer.json()["task_id"]
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/internal/task/{task_id}/status"
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["status"] == shop.document(task_id)["status"] == "created"
    assert messages(shop) == 1
    assert api.http.get(answer.headers["location"]).json()["task_type"] == "fetch"


def test_the_list_has_what_is_marked(serve: Serve) -> None:
    listed = serve().http.get("/internal/jobs").json()["jobs"]
    # A shared task of another test's module is one of every app.
    jobs = [job for job in listed if job["name"] in ("fetch", "mine", "unmarked")]
    assert [(job["name"], job["title"]) for job in jobs] == [
        ("fetch", "Fetch rows."),
        ("mine", "Fetch rows."),
    ]
    assert jobs[0]["schema"]["required"] == ["rows"]


@pytest.mark.parametrize("name", ["unmarked", "never"])
def test_an_unmarked_task_cannot_be_started(shop: App, serve: Serve, name: str) -> None:
    assert serve().http.post(f"/internal/jobs/{name}", json={"rows": 3}).status_code == 404
    assert messages(shop) == 0
    assert shop.records() == []


def test_without_the_option_the_door_is_closed(shop: App, serve: Serve) -> None:
    api = serve(start=False)
    assert api.http.get("/internal/jobs").status_code == 404
    assert api.http.post("/internal/jobs/fetch", json={"rows": 3}).status_code == 404
    assert messages(shop) == 0


def test_wrong_arguments_change_nothing(shop: App, serve: Serve) -> None:
    http = serve().http
    for given, where in (({"rows": "x"}, ["body", "rows"]), ({}, ["body", "rows"])):
        answer = http.post("/internal/jobs/fetch", json=given)
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, where)
    large = http.post("/internal/jobs/fetch", json={"rows": 1, "label": "x" * 70_000})
    assert large.status_code == 413
    assert shop.records() == []
    assert messages(shop) == 0


def test_one_key_starts_one_task_over_two_processes(shop: App, serve: Serve) -> None:
    apis = [serve(), serve()]
    ids: list[str] = []

    def send(number: int) -> None:
        for _ in range(5):
            api = apis[number % 2]
            key = {"Idempotency-Key": '"k1"' if number % 3 else "k1"}
            answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
            assert answer.status_code == 202, answer.text
            ids.append(answer.json()["task_id"])

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ids) == 30
    assert len({*ids}) == 1
    assert messages(shop) == 1
    other = {"Idempotency-Key": "k1"}
    answer = apis[0].http.post("/internal/jobs/fetch", json={"rows": 4}, headers=other)
    assert answer.status_code == 422
    assert messages(shop) == 1


def test_a_record_that_others_created_under_the_id_is_left_alone(shop: App, serve: Serve) -> None:
    api, key = serve(), {"Idempotency-Key": "k"}
    with redis.Redis.from_url(api.app.state.progress_settings.redis_url) as client:
        client.set(f"task:{starts.id_of('', None, 'fetch', 'k')}", "5")
    assert api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key).status_code == 409
    assert messages(shop) == 0


@pytest.mark.parametrize("error", [ConnectionRefusedError("no broker"), SystemExit("of a router")])
def test_a_refusing_broker_leaves_the_key_free(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    api, key = serve(), {"Idempotency-Key": "k"}

    def refused(*_: Any, **__: Any) -> None:
        raise error

    with monkeypatch.context() as away:
        away.setattr(shop.celery.amqp, "send_task_message", refused)
        answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
    (task_id,) = shop.records()
    eventually(lambda: shop.record(task_id).error_cause == "not_published")
    again = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
    assert (again.status_code, again.json()["task_id"]) == (202, task_id)
    assert again.json()["status"] == "created"
    assert messages(shop) == 1


def test_a_broker_that_does_not_reply_says_that_it_is_not_known(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, replies = serve(), threading.Event()
    sends = shop.celery.amqp.send_task_message

    def hangs(*args: Any, **kwargs: Any) -> Any:
        replies.wait(60)
        return sends(*args, **kwargs)

    monkeypatch.setattr(starts, "PUBLISH_S", 0.2)
    monkeypatch.setattr(shop.celery.amqp, "send_task_message", hangs)
    answer = api.http.post(
        "/internal/jobs/fetch", json={"rows": 3}, headers={"Idempotency-Key": "k"}
    )
    (task_id,) = shop.records()
    assert answer.status_code == 504
    assert shop.record(task_id).status == "created"
    replies.set()
    eventually(lambda: messages(shop) == 1)
    assert shop.record(task_id).status == "created"


def test_a_broker_that_took_the_message_and_raised_ends_no_run(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, key = serve(), {"Idempotency-Key": "k", "Prefer": "wait=50"}
    sends = shop.celery.amqp.send_task_message

    def raises(*args: Any, **kwargs: Any) -> None:
        sends(*args, **kwargs)
        (task_id,) = shop.records()
        eventually(lambda: ended(shop, task_id))
        raise ConnectionResetError("no reply")

    with working(shop.celery):
        with monkeypatch.context() as away:
            away.setattr(shop.celery.amqp, "send_task_message", raises)
            assert api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key).is_error
        answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert shop.record(answer.json()["task_id"]).attempt == 1


def test_a_cancelled_task_is_not_published_by_its_key(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, key = serve(), {"Idempotency-Key": "k"}
    with monkeypatch.context() as away:
        away.setattr(claims, "end", lambda *about: claims.claim("other", "a"))  # the creator died
        started = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
    api.http.post(f"/internal/task/{started.json()['task_id']}/cancel")
    monkeypatch.setattr(claims, "_STALE_MS", 0)
    answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    assert messages(shop) == 1


def test_a_publish_that_hangs_holds_its_key(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, replies, began = serve(), threading.Event(), time.monotonic()
    sends, key = shop.celery.amqp.send_task_message, {"Idempotency-Key": "k"}

    def hangs(*args: Any, **kwargs: Any) -> Any:
        replies.wait(60)
        return sends(*args, **kwargs)

    monkeypatch.setattr(starts, "PUBLISH_S", 0.1)
    monkeypatch.setattr(starts, "RENEW_S", 0.1)
    monkeypatch.setattr(claims, "_STALE_MS", 1000)
    monkeypatch.setattr(shop.celery.amqp, "send_task_message", hangs)

    def post() -> int:
        answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
        assert answer.headers.get("retry-after") == (None if answer.status_code == 504 else "1")
        return answer.status_code

    assert post() == 504
    while time.monotonic() - began < 2:  # twice as long as a claim counts
        assert post() == 409
    replies.set()
    eventually(lambda: post() == 202)
    assert messages(shop) == 1


def test_when_all_threads_are_taken_nothing_is_recorded(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_threads, "MOST_AT_ONCE", 0)
    answer = serve().http.post("/internal/jobs/fetch", json={"rows": 3})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert shop.records() == []


def test_a_waiting_answer_has_the_end(shop: App, serve: Serve) -> None:
    api = serve()
    with working(shop.celery):
        prefer = {"Prefer": "respond-async, wait=50"}
        answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=prefer)
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=50"
    assert (answer.json()["status"], answer.json()["results"]) == ("completed", {"rows": 3})


def test_after_the_wait_the_task_is_answered_as_it_is(serve: Serve) -> None:
    api, began = serve(), time.monotonic()
    answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json()["status"]) == (202, "created")
    assert answer.headers["preference-applied"] == "wait=1"
    assert time.monotonic() - began >= 1
    malformed = api.http.post(
        "/internal/jobs/fetch", json={"rows": 3}, headers={"Prefer": "wait=x"}
    )
    assert malformed.status_code == 202
    assert "preference-applied" not in malformed.headers
    eventually(lambda: api.app.state.progress.limits.open == 0)


def test_an_owners_caller_starts_what_is_marked_for_it_and_owns_it(shop: App, serve: Serve) -> None:
    alice, token = tokens.new("alice", "start", owner=OWNER)
    nightly, other = tokens.new("ci", "start", "mine")
    api = serve(tokens=(token.line(), other.line()))

    def post(name: str, text: str) -> Any:
        headers = {"Authorization": f"Bearer {text}"}
        return api.http.post(f"/internal/jobs/{name}", json={"rows": 3}, headers=headers)

    assert post("fetch", alice).status_code == 403
    mine = post("mine", alice)
    assert (mine.status_code, mine.json()["owner"]) == (202, OWNER)
    assert post("fetch", nightly).status_code == 403
    assert post("mine", nightly).status_code == 202
    path = f"/internal/task/{mine.json()['task_id']}"
    headers = {"Authorization": f"Bearer {alice}"}
    assert api.http.put(
        f"{path}/update", json={"status": "running", "current_items": 1}, headers=headers
    ).is_error
    assert api.http.post(f"{path}/cancel", headers=headers).status_code == 200
    made = shop.celery.tasks["unmarked"].apply_async((1,), headers={"progress": {"owner": OWNER}})
    assert api.http.post(f"/internal/task/{made.id}/cancel", headers=headers).status_code == 403


def test_a_refused_start_is_a_line_that_names_the_job(
    shop: App, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "progress_backend.audit")
    reading, reader = tokens.new("reader", "read")
    nightly, starter = tokens.new("ci", "start", "mine")
    keys = ("k" * 32,)
    api = serve(tokens=(reader.line(), starter.line()), signing_keys=keys)
    shared = sign(owner=OWNER, settings=Settings(signing_keys=keys))

    def post(path: str, text: str, **about: Any) -> int:
        headers = {"Authorization": f"Bearer {text}"}
        return api.http.post(f"/internal/{path}", headers=headers, **about).status_code

    old = shop.celery.tasks["fetch"].delay(1).id
    for text in (reading, shared, nightly):
        assert post("jobs/fetch", text, json={"rows": 3}) == 403
        assert post(f"task/{old}/again", text) == 403
    assert post("jobs/mine", nightly, json={"rows": "x"}) == 422
    assert messages(shop) == 1
    lines = [one.__dict__["audit"] for one in caplog.records if hasattr(one, "audit")]
    refused = [one["id"] for one in lines if one["kind"] == "jobs" and one["answer"] >= 400]
    assert refused == ["fetch", "fetch", "fetch", "mine"]


def test_starts_count_as_writes(shop: App, serve: Serve) -> None:
    text, token = tokens.new("ci", "start", owner=OWNER)
    api = serve(tokens=(token.line(),), max_writes=0.01)
    old = shop.celery.tasks["mine"].apply_async((1,), headers={"progress": {"owner": OWNER}}).id
    sent = {"Authorization": f"Bearer {text}"}
    start = partial(api.http.post, "/internal/jobs/mine", json={"rows": 3}, headers=sent)
    codes = [start().status_code for _ in range(10)]
    assert {*codes} == {202, 429}
    assert "retry-after" in start().headers
    assert api.http.post(f"/internal/task/{old}/again", headers=sent).status_code == 429
    assert messages(shop) == 1 + codes.count(202)


def test_a_custom_router_is_asked(shop: App, serve: Serve) -> None:
    def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_: Any) -> Any:
        return {"queue": "routed"} if kwargs.get("rows") == 3 else None

    shop.celery.conf.task_routes = (route,)
    api = serve()
    with shop.celery.connection_for_write() as connection:
        routed = connection.SimpleQueue("routed")
        routed.clear()
        task_id = api.http.post("/internal/jobs/fetch", json={"rows": 3}).json()["task_id"]
        assert (messages(shop), routed.qsize()) == (0, 1)
        api.http.post("/internal/jobs/fetch", json={"rows": 4})
        assert (messages(shop), routed.qsize()) == (1, 1)
        api.http.post(f"/internal/task/{task_id}/cancel")
        shop.celery.conf.task_routes = None
        assert api.http.post(f"/internal/task/{task_id}/again").status_code == 202
        assert (messages(shop), routed.qsize()) == (1, 2)
        routed.clear()


def test_tracking_all_opens_no_other_job(installed: Install, serve: Serve) -> None:
    app = installed(in_process("jobs"), track="all")
    app.task(bind=True, name="bare", shared=False)(fetch)
    app.task(bind=True, name="fetch", shared=False)(marked(start=True)(fetch))
    api, bare = serve(app.celery), app.celery.tasks["bare"].delay(1).id
    assert api.http.post("/internal/jobs/bare", json={"rows": 3}).status_code == 404
    assert api.http.post("/internal/jobs/fetch", json={"rows": 3}).status_code == 202
    api.http.post(f"/internal/task/{bare}/cancel")
    assert app.document(bare)["status"] == "cancelled"
    assert api.http.post(f"/internal/task/{bare}/again").status_code == 409


def test_an_app_of_another_serializer_starts_nothing(installed: Install, serve: Serve) -> None:
    app = installed(in_process("jobs") | {"task_serializer": "pickle"})
    app.task(bind=True, name="fetch", shared=False)(marked(start=True)(fetch))
    json_task = app.task(bind=True, name="json", shared=False, serializer="json")
    json_task(marked(start=True)(fetch))
    api = serve(app.celery)
    answer = api.http.post("/internal/jobs/fetch", json={"rows": 3})
    assert (answer.status_code, "pickle" in answer.json()["detail"]) == (404, True)
    assert api.http.get("/internal/health").json()["status"] == "degraded"
    assert api.http.post("/internal/jobs/json", json={"rows": 3}).status_code == 202
    assert app.records() != []


@pytest.mark.slow
def test_a_broker_that_never_replies_holds_no_other_request(
    installed: Install, serve: Serve
) -> None:
    """With Celery's own time-outs and retries: the connection is taken, and nothing is sent."""
    with socket.create_server(("127.0.0.1", 0)) as hole:
        url = f"redis://127.0.0.1:{hole.getsockname()[1]}/0"
        defaults = {"task_publish_retry": True, "broker_transport_options": {}}
        app = installed({"broker_url": url, **defaults})
        app.task(bind=True, name="fetch", shared=False)(marked(start=True)(fetch))
        api, key = serve(app.celery), {"Idempotency-Key": "k"}
        answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
        (task_id,) = app.records()
        assert (answer.status_code, app.record(task_id).status) == (504, "created")
        held = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=key)
        assert (held.status_code, held.headers["retry-after"]) == (409, "1")
        assert api.http.get(f"/internal/task/{task_id}/status").json()["status"] == "created"
        taken, _ = hole.accept()
    taken.close()
    eventually(lambda: app.record(task_id).error_cause == "not_published", 60)


def test_the_type_that_the_arguments_give_counts(shop: App, serve: Serve) -> None:
    typed = marked(start=True, task_type=lambda label: f"of-{label}")(fetch)
    shop.task(bind=True, name="typed", shared=False)(typed)
    text, token = tokens.new("ci", "start", "of-a")
    named, its_name = tokens.new("named", "start", "typed")
    api = serve(tokens=(token.line(), its_name.line()))

    def post(secret: str, label: str) -> int:
        headers, body = {"Authorization": f"Bearer {secret}"}, {"rows": 3, "label": label}
        return api.http.post("/internal/jobs/typed", json=body, headers=headers).status_code

    assert (post(text, "a"), post(text, "b"), post(named, "a")) == (202, 403, 403)
    listed = api.http.get("/internal/jobs", headers={"Authorization": f"Bearer {text}"}).json()
    assert [job["name"] for job in listed["jobs"]] == ["typed"]


def test_a_project_that_cannot_be_imported_leaves_the_api_up(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.celery.conf.imports = ("no.such.module",)
    api = serve()
    assert api.http.post("/internal/jobs/fetch", json={"rows": 3}).status_code == 503
    assert api.http.get("/internal/health").json()["status"] == "degraded"
    assert api.http.get("/internal/tasks").status_code == 200


def test_an_eager_app_starts_nothing(installed: Install, serve: Serve) -> None:
    eager = installed({"task_always_eager": True})
    assert serve(eager.celery).http.get("/internal/jobs").status_code == 503


def ended(app: App, task_id: str) -> bool:
    return app.document(task_id).get("status") in ("completed", "error", "cancelled")


def test_an_ended_task_is_run_again_with_what_it_was_published_with(
    shop: App, serve: Serve
) -> None:
    api, task = serve(), shop.celery.tasks["fetch"]
    progress = {"progress": {"symbol": "7203.T", "owner": OWNER}}
    old = task.apply_async((3,), {"label": "y"}, headers=progress, priority=3).id
    assert shop.document(old)["again"] is True
    path = f"/internal/task/{old}/again"
    assert api.http.post(path).status_code == 409
    with working(shop.celery):
        eventually(lambda: ended(shop, old))
        answer = api.http.post(path)
        new = answer.json()["task_id"]
        assert (answer.status_code, answer.json()["again_of"]) == (202, old)
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["location"] == f"/internal/task/{new}/status"
        eventually(lambda: ended(shop, new))
    assert new != old
    found = shop.document(new)
    assert (found["symbol"], found["owner"], found["results"]) == ("7203.T", OWNER, {"rows": 3})
    assert (found["again_of"], shop.document(old)["again_by"]) == (old, new)
    again = api.http.post(f"/internal/task/{new}/again")
    assert (again.status_code, again.json()["again_of"]) == (202, new)


def test_one_key_runs_a_task_again_once(shop: App, serve: Serve) -> None:
    api = serve()
    old, other = (shop.celery.tasks["fetch"].delay(3).id for _ in range(2))
    for task_id in (old, other):
        api.http.post(f"/internal/task/{task_id}/cancel")

    def again(task_id: str, key: str) -> str:
        sent = {"Idempotency-Key": key}
        answer = api.http.post(f"/internal/task/{task_id}/again", headers=sent)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    first = again(old, "k")
    assert again(old, "k") == first == shop.document(old)["again_by"]
    assert len({first, again(old, "k2"), again(other, "k")}) == 3
    assert messages(shop) == 5


def test_a_repeated_request_without_a_key_runs_a_task_again_once(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as the old record does not name the new run: two at once, or after 504."""
    api, old, replies = serve(), shop.celery.tasks["fetch"].delay(3).id, threading.Event()
    path, sends = f"/internal/task/{old}/again", shop.celery.amqp.send_task_message
    api.http.post(f"/internal/task/{old}/cancel")

    def hangs(*args: Any, **kwargs: Any) -> Any:
        replies.wait(60)
        return sends(*args, **kwargs)

    with monkeypatch.context() as slow:
        slow.setattr(starts, "PUBLISH_S", 0.1)
        slow.setattr(shop.celery.amqp, "send_task_message", hangs)
        assert [api.http.post(path).status_code for _ in range(2)] == [504, 409]
        replies.set()
        eventually(lambda: messages(shop) == 2)
    first = api.http.post(path).json()["task_id"]
    assert (first, messages(shop)) == (shop.document(old)["again_by"], 2)
    pressed = {"Idempotency-Key": "after None"}  # of a page that shows the old record
    assert api.http.post(path, headers=pressed).json()["task_id"] == first
    assert api.http.post(path).json()["task_id"] != first
    assert messages(shop) == 3


def test_an_act_says_that_no_jobs_are_started(shop: App, serve: Serve) -> None:
    api, task_id = serve(start=False), shop.celery.tasks["fetch"].delay(3).id
    act = {"ids": [task_id, "never"]}
    again = api.http.post("/internal/act", json={**act, "action": "again"})
    alone = api.http.post(f"/internal/task/{task_id}/again")
    assert (again.status_code, again.json()) == (404, alone.json())
    assert api.http.post("/internal/act", json={**act, "action": "cancel"}).json()["requested"] == 1


def test_a_member_of_a_workflow_keeps_nothing_and_is_not_run_again(
    shop: App, serve: Serve, redis_url: str
) -> None:
    api, task = serve(), shop.celery.tasks["fetch"]
    for canvas in (group(task.s(1), task.s(2)), chain(task.si(1), task.si(2))):
        member = canvas.apply_async()
        task_id = (member.results[0] if isinstance(member, GroupResult) else member).id
        api.http.post(f"/internal/task/{task_id}/cancel")
        answer = api.http.post(f"/internal/task/{task_id}/again")
        assert answer.status_code == 409, answer.text
        with redis.Redis.from_url(redis_url) as client:
            assert not client.exists(f"progress_message:{task_id}")
    assert messages(shop) == 3


def test_many_are_run_again_in_one_act(shop: App, serve: Serve) -> None:
    api = serve()
    ids = [shop.celery.tasks["fetch"].delay(n).id for n in range(199)]
    for task_id in ids:
        api.http.post(f"/internal/task/{task_id}/cancel")
    unmarked = shop.celery.tasks["unmarked"].delay(1).id
    done = api.http.post("/internal/act", json={"action": "again", "ids": [*ids, unmarked]}).json()
    assert done["requested"] == 199
    assert [one["task_id"] for one in done["refused"]] == [unmarked]
    assert messages(shop) == 399


def test_arguments_without_a_signature_are_not_run(shop: App, serve: Serve, redis_url: str) -> None:
    api = serve(signing_keys=("k" * 32,))
    task_id = shop.celery.tasks["fetch"].delay(1).id
    api.http.post(f"/internal/task/{task_id}/cancel")
    assert api.http.post(f"/internal/task/{task_id}/again").status_code == 409
    assert messages(shop) == 1


@pytest.mark.parametrize("text", [b"", b"- [1]", b'- {"task": "fetch"}', b"\xff {"])
def test_kept_text_that_cannot_be_read_is_not_run(
    shop: App, serve: Serve, redis_url: str, text: bytes
) -> None:
    api, task_id = serve(), shop.celery.tasks["fetch"].delay(1).id
    api.http.post(f"/internal/task/{task_id}/cancel")
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"progress_message:{task_id}", text)
    assert api.http.post(f"/internal/task/{task_id}/again").status_code == 409
    assert messages(shop) == 1


def test_a_tasks_arguments_are_signed_for_it_alone(
    installed: Install, shop: App, serve: Serve, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = ("k" * 32,)
    monkeypatch.setenv("PROGRESS_SIGNING_KEYS", *keys)
    app = installed(in_process("jobs"))
    app.task(bind=True, name="fetch", shared=False)(marked(start=True)(fetch))
    api = serve(app.celery, signing_keys=keys)
    one, other = (app.celery.tasks["fetch"].delay(n).id for n in (1, 2))
    with redis.Redis.from_url(redis_url) as client:
        client.copy(f"progress_message:{one}", f"progress_message:{other}", replace=True)
    for task_id in (one, other):
        api.http.post(f"/internal/task/{task_id}/cancel")
    codes = [api.http.post(f"/internal/task/{i}/again").status_code for i in (one, other)]
    assert codes == [202, 409]


def test_an_unmarked_task_names_no_key_of_a_start(shop: App, redis_url: str) -> None:
    """Neither when it is published, nor when it starts, has a value or ends."""

    def keys_of(name: str) -> set[str]:
        with commands(redis_url) as lines:
            task_id = shop.celery.tasks[name].delay(1).id
            with working(shop.celery):
                eventually(lambda: ended(shop, task_id))
        words = [word for line in lines for word in line["command"].split()]
        kept = (f"progress_message:{task_id}", f"progress_start:{task_id}")
        return {word.partition(":")[0] for word in words if word in kept}

    assert keys_of("unmarked") == set()
    assert keys_of("fetch") == {"progress_message", "progress_start"}


@contextmanager
def commands(redis_url: str) -> Iterator[list[Any]]:
    """What Redis carries out meanwhile, once that has ended."""
    lines: list[Any] = []
    with redis.Redis.from_url(redis_url) as client, client.monitor() as monitor:
        yield lines
        client.echo("the end")
        found = iter(monitor.next_command, None)
        lines += takewhile(lambda one: one["command"] != "ECHO the end", found)


@pytest.mark.parametrize(("key", "most"), [(None, 2), ("k", 4)])
def test_a_start_takes_few_round_trips(
    shop: App,
    serve: Serve,
    redis_url: str,
    key: str | None,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The record and its publish; with a key the claim and its end. Celery has a connection of the
    result backend for each thread: a thread stays."""
    api, sent = serve(), {} if key is None else {"Idempotency-Key": key}
    threads, sends = list[object](), shop.celery.amqp.send_task_message

    def noted(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return sends(*args, **kwargs)

    monkeypatch.setattr(shop.celery.amqp, "send_task_message", noted)
    for n in range(2):
        with commands(redis_url) as lines:
            given = {name: f"{text}{n}" for name, text in sent.items()}
            answer = api.http.post("/internal/jobs/fetch", json={"rows": 3}, headers=given)
        assert (answer.status_code, answer.json()["again"]) == (202, True)
    its = [one["command"] for one in lines if one["client_type"] != "lua"]
    names = [one.split()[0] for one in its if answer.json()["task_id"] in one]
    assert names == ["EVALSHA"] * most
    assert threads[0] is threads[1]


def test_what_the_code_takes_today_counts(
    shop: App, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, left = serve(), shop.celery.tasks["fetch"].delay("no number").id
    api.http.post(f"/internal/task/{left}/cancel")
    assert api.http.post(f"/internal/task/{left}/again").status_code == 422
    gone = shop.celery.tasks["mine"].delay(1).id
    api.http.post(f"/internal/task/{gone}/cancel")
    monkeypatch.delitem(api.app.state.progress.starts.jobs, "mine")
    assert api.http.post(f"/internal/task/{gone}/again").status_code == 409
    assert messages(shop) == 2


def test_too_large_arguments_are_not_kept(shop: App, serve: Serve) -> None:
    api, large = serve(), shop.celery.tasks["fetch"].delay(1, label="x" * 70_000).id
    assert shop.document(large)["again"] is False
    api.http.post(f"/internal/task/{large}/cancel")
    assert api.http.post(f"/internal/task/{large}/again").status_code == 409


def test_a_read_waits_for_the_end(shop: App, serve: Serve) -> None:
    api, task_id = serve(), shop.celery.tasks["unmarked"].delay(3).id
    path, prefer = f"/internal/task/{task_id}/status", {"Prefer": "wait=50"}
    early = api.http.get(path, headers={"Prefer": "wait=0"})
    assert (early.status_code, early.json()["status"]) == (200, "created")
    with working(shop.celery):
        answer = api.http.get(path, headers=prefer)
    assert (answer.status_code, answer.json()["status"]) == (200, "completed")
    assert answer.headers["preference-applied"] == "wait=50"
    assert "Prefer" in answer.headers["vary"]
    assert "Prefer" not in api.http.get(path).headers["vary"]


def test_a_client_that_leaves_frees_its_wait(shop: App, serve: Serve) -> None:
    api, task_id = serve(), shop.celery.tasks["unmarked"].delay(3).id
    head = f"GET /internal/task/{task_id}/status HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    head += "Prefer: wait=60\r\n\r\n"
    limits = api.app.state.progress.limits
    with socket.create_connection(("127.0.0.1", api.port)) as client:
        client.sendall(head.encode())
        eventually(lambda: limits.open == 1)
    eventually(lambda: limits.open == 0)
