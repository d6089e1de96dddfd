"""What commits leave for webhooks, in memory, on Redis and in partitions."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from progress_backend.credentials.targets import targets_of
from progress_backend.flows.ended_workflows import ended_workflows
from progress_backend.flows.flow import together
from progress_backend.operations import streams, webhooks
from progress_backend.operations import workflows as workflows_ops
from progress_backend.operations.call import Call, Layout
from progress_backend.record import events as ev
from progress_backend.record.model import Member, Warnings
from progress_backend.settings import Settings
from progress_backend.stacks import asking
from tests.behaviour.conftest import EVERY, store_url
from tests.behaviour.driving import Driver, identity_of, in_parts, over
from tests.waiting import eventually
from tests.webhooks.targets import SECRET, spec

FAR = 2**52
LEASE_MS = 60_000


def driver_with(request: pytest.FixtureRequest, where: str, *targets: dict[str, Any]) -> Driver:
    kind, _, server = where.partition("-")
    url = "https://ops.example.com/"
    given = [{"name": f"ops{i}", "url": url, "secret": SECRET, **t} for i, t in enumerate(targets)]
    text = json.dumps(given) if given else ""
    settings = Settings(redis_url=store_url(request, server), webhooks=text)
    return over(kind, in_parts(settings) if kind == "parts" else settings)


@pytest.fixture(params=EVERY)
def where(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def hooked(request: pytest.FixtureRequest, where: str) -> Iterator[Driver]:
    """A store with one target that asks for everything."""
    with driver_with(request, where, {}) as driver:
        yield driver


def taken(driver: Driver, name: str = "ops0") -> list[dict[str, Any]]:
    """The events that wait, the oldest of each partition first."""
    found: list[dict[str, Any]] = []
    for keys in Layout.of(driver.settings).keys:
        entries = driver.raw.xrange(keys.webhook_events(name))
        found += (json.loads(fields[b"body"]) for _, fields in entries)
    return found


def take(driver: Driver, name: str = "ops0") -> tuple[int, webhooks.Taken] | None:
    """Takes an event, of the first partition that has one which is due."""
    for place in range(len(Layout.of(driver.settings).keys)):
        if (found := driver.execute(webhooks.take(place, name, LEASE_MS))) is not None:
            return place, found
    return None


def look(driver: Driver) -> int:
    targets = targets_of(driver.settings)
    return driver.run(ended_workflows(driver.flows, targets(), soon(driver), LEASE_MS))


def soon(driver: Driver) -> datetime:
    """A time after all ends so far, however exact the clock is."""
    return driver.now() + timedelta(seconds=1)


def test_an_end_leaves_its_event_with_the_record_as_it_is_stored(hooked: Driver) -> None:
    hooked.start("t", symbol="7203.T")
    hooked.apply("t", ev.Progressed(current=3, details={"password": "hunter2"}))
    assert taken(hooked) == []
    hooked.apply("t", ev.Completed())
    (event,) = taken(hooked)
    assert (event["type"], event["subject"]) == ("progress.task.completed", "t")
    assert event["id"] == "t~1~3~completed"
    stored = json.loads(hooked.run(hooked.flows.get("t")) or b"")
    assert stored.pop("_")["v"] == 1
    assert event["data"] == stored
    assert "hunter2" not in json.dumps(event)


def test_each_way_to_end_leaves_one(hooked: Driver) -> None:
    hooked.start("failed", "lease-1")
    hooked.apply("failed", ev.Failed(error_message="why"))
    hooked.create("cancelled")
    hooked.apply("cancelled", ev.Cancelled(by="api"))
    not_published = ev.Failed(error_message="why", cause="not_published", identity=identity_of())
    hooked.apply("never", not_published)  # its first commit is its end
    hooked.start("twice")
    hooked.apply("twice", ev.Progressed(current=10), ev.Completed())
    hooked.apply("twice", ev.Created(identity=identity_of()))  # again, under the same id
    hooked.apply("twice", ev.Cancelled(by="api"))
    assert sorted(event["id"] for event in taken(hooked)) == [
        "cancelled~0~2~cancelled",
        "failed~1~2~error",
        "never~0~1~error",
        "twice~1~2~completed",
        "twice~1~4~cancelled",
    ]


def test_a_warning_leaves_its_event_once(hooked: Driver) -> None:
    base = hooked.start("t", "lease-1")
    late = Warnings(late=hooked.now())
    hooked.apply("t", ev.Warned(warnings=late, revision=base.task.revision), base=base)
    (event,) = taken(hooked)
    assert event["type"] == "progress.task.late"
    assert event["data"]["warnings"]["late"] == event["time"]
    hooked.apply("t", ev.Progressed(current=1))
    assert len(taken(hooked)) == 1


def test_several_ends_in_one_trip_leave_each_its_event(hooked: Driver) -> None:
    ids = [f"t{i}" for i in range(30)]
    for task_id in ids:
        hooked.start(task_id)
    ends = [hooked.flows.apply(i, (ev.Completed(),), hooked.now()) for i in ids]
    hooked.run(together(ends))
    assert {event["subject"] for event in taken(hooked)} == set(ids)


def test_a_workflow_that_ends_leaves_one_event(hooked: Driver) -> None:
    member = identity_of(member=Member(("w",)))
    for task_id in ("a", "b", "c"):
        hooked.apply(task_id, ev.Created(identity=member, workflow_name="fetch ×3"))
    hooked.apply("a", ev.Completed(asked=ev.EndRequest()))
    assert look(hooked) == 1
    assert look(hooked) == 0  # until another member ends
    hooked.apply("b", ev.Failed(error_message="why", asked=ev.EndRequest()))
    hooked.apply("c", ev.Completed(asked=ev.EndRequest()))
    assert look(hooked) == 1
    ends = [event for event in taken(hooked) if event["subject"] == "w"]
    assert [event["type"] for event in ends] == ["progress.workflow.error"]
    assert ends[0]["data"]["counts"]["completed"] == 2
    assert ends[0]["time"] == ends[0]["data"]["end_time"]
    assert {event["subject"] for event in taken(hooked)} == {"a", "b", "c", "w"}


def test_an_owners_target_gets_that_owners_events_alone(
    request: pytest.FixtureRequest, where: str
) -> None:
    targets = ({"owner": "alice"}, {"owner": ["bob", "alice"], "task_type": "workflow"})
    members = {"wa": ("alice", "alice"), "wb": ("bob",), "mixed": ("alice", "bob"), "none": (None,)}
    with driver_with(request, where, *targets) as driver:
        for workflow_id, owners in members.items():
            ids = [f"{workflow_id}{i}" for i in range(len(owners))]
            for task_id, owner in zip(ids, owners, strict=True):
                identity = identity_of(member=Member((workflow_id,)), owner=owner)
                driver.apply(task_id, ev.Created(identity=identity))
            for task_id in ids:
                driver.apply(task_id, ev.Cancelled(by="api"))
        look(driver)
        subjects = [sorted(event["subject"] for event in taken(driver, f"ops{i}")) for i in (0, 1)]
        assert subjects == [["mixed0", "wa", "wa0", "wa1"], ["wa", "wb"]]


def test_a_workflow_that_a_publish_keeps_open_is_looked_at_again(hooked: Driver) -> None:
    hooked.apply("a", ev.Created(identity=identity_of(member=Member(("w",)))))
    now_ms = int(hooked.now().timestamp() * 1000)
    hooked.execute(workflows_ops.publishing("w", "token", now_ms, 60_000))
    hooked.apply("a", ev.Completed(asked=ev.EndRequest()))
    assert look(hooked) == 1
    hooked.execute(workflows_ops.publishing("w", "token", now_ms, 0))
    assert hooked.execute(webhooks.may_have_ended(now_ms + 60_000, now_ms + 60_001, 10)) == ["w"]


def test_a_look_forgets_no_member_that_ends_meanwhile(hooked: Driver) -> None:
    for task_id in ("a", "b"):
        hooked.apply(task_id, ev.Created(identity=identity_of(member=Member(("w",)))))
    hooked.apply("a", ev.Completed(asked=ev.EndRequest()))
    targets = targets_of(hooked.settings)
    flow = ended_workflows(hooked.flows, targets(), soon(hooked), LEASE_MS)

    def end_b(call: Call[Any]) -> None:
        verbs = [verb for verb, *_ in call.asked(Layout.of(hooked.settings)).requests]
        if "ZREMRANGEBYSCORE" in verbs:  # the look is over
            hooked.apply("b", ev.Completed(asked=ev.EndRequest()))

    hooked.drive(flow, end_b, at=Call)
    assert look(hooked) == 1
    assert "w" in [event["subject"] for event in taken(hooked)]


def test_what_was_taken_comes_again_after_its_time_and_each_attempt_counts(hooked: Driver) -> None:
    hooked.start("t")
    hooked.apply("t", ev.Completed())
    place, first = take(hooked) or pytest.fail("there is none")
    assert take(hooked) is None
    stream = Layout.of(hooked.settings).keys[place].webhook_events("ops0")
    claim = (stream, "senders", LEASE_MS, 0, [first.entry])
    hooked.raw.xclaim(*claim, idle=LEASE_MS, justid=True)  # its sender has had its time
    _, second = take(hooked) or pytest.fail("it is not due")
    assert (first.attempt, second.attempt) == (1, 2)
    hooked.execute(webhooks.settle(place, "ops0", second, "", 300))
    assert take(hooked) is None
    claim = (stream, "senders", 300_000, 0, [first.entry])
    hooked.raw.xclaim(*claim, idle=300_000, justid=True)  # the pause is over
    _, third = take(hooked) or pytest.fail("it is not due")
    assert (third.attempt, third.id, third.body) == (3, first.id, first.body)
    hooked.execute(webhooks.settle(place, "ops0", third, "delivered"))
    # Too late: the event stays away, and is counted once.
    hooked.execute(webhooks.settle(place, "ops0", first, "", 0.001))
    hooked.execute(webhooks.settle(place, "ops0", first, "delivered"))
    assert take(hooked) is None
    figures = hooked.execute(webhooks.figures(("ops0", "none")))
    assert figures == [webhooks.TargetCounts(0, 1, 0, 0), webhooks.TargetCounts()]
    kept = {name for name in hooked.left_over() if "webhook:ops0" in name}
    assert kept == {stream, f"{stream}|counts"}
    assert all(0 < hooked.raw.pttl(name) <= 7 * 86_400_000 for name in kept)


def test_the_bytes_that_wait_are_bounded(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST_BYTES", 40_000)
    with driver_with(request, "sync-valkey", {}) as driver:
        for i in range(5):
            driver.start(f"t{i}")
            driver.apply(f"t{i}", ev.Completed(results={"text": "x" * 15_000}))
        assert [event["subject"] for event in taken(driver)] == ["t3", "t4"]
        small = webhooks.store("t", (webhooks.Notice("ops0", "small", b'{"subject":"small"}'),))
        driver.execute(small)
        assert driver.execute(webhooks.figures(("ops0",))) == [webhooks.TargetCounts(3, dropped=3)]


def test_an_event_that_is_dropped_while_it_is_sent_is_counted_once_and_as_what_came_of_it(
    hooked: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 4)

    def store(name: str) -> None:
        hooked.execute(webhooks.store("t", (webhooks.Notice("ops0", name, b"{}"),)))

    def figures() -> webhooks.TargetCounts:
        (found,) = hooked.execute(webhooks.figures(("ops0",)))
        return found

    for number in range(4):
        store(f"{number}")
    sent = [take(hooked) or pytest.fail("there is none") for _ in range(3)]
    hooked.execute(webhooks.take(sent[0][0], "ops0", 1))  # a sender that dies
    for number in range(4, 9):
        store(f"{number}")
    assert figures() == webhooks.TargetCounts(4, dropped=1), "the fifth, which no sender has taken"
    for (place, one), outcome in zip(sent, ("delivered", "failed", ""), strict=True):
        hooked.execute(webhooks.settle(place, "ops0", one, outcome, 5))
    assert figures() == webhooks.TargetCounts(4, delivered=1, failed=1, dropped=2)
    eventually(lambda: take(hooked) is not None and figures().dropped == 3)
    assert figures() == webhooks.TargetCounts(4, delivered=1, failed=1, dropped=3), "nine in all"


def test_events_that_a_user_may_not_store_are_left_out_and_logged_once(
    redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    user = ("ACL", "SETUSER", "nohooks", "on", ">x", "~*", "&*", "+@all", "-xdel")
    with redis.Redis.from_url(redis_url) as client:
        client.execute_command(*user)
        url = redis_url.replace("://", "://nohooks:x@")
        with over("sync", Settings(redis_url=url, webhooks=spec())) as driver:
            for task_id in ("t", "u"):
                driver.create(task_id)
                driver.apply(task_id, ev.Cancelled(by="api"))
                assert driver.task(task_id).status == "cancelled"
            assert taken(driver, "ops") == []
        client.execute_command("ACL", "DELUSER", "nohooks")
    assert [one for one in caplog.messages if "may not run webhook_event" in one] == caplog.messages
    assert len(caplog.messages) == 1


def test_workflows_that_wait_for_a_webhook_check_are_bounded(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "MOST", 3)
    with driver_with(request, "sync-valkey", {}) as driver:
        for i in range(5):
            member = identity_of(member=Member((f"w{i}",)))
            driver.apply(f"t{i}", ev.Created(identity=member))
            driver.apply(f"t{i}", ev.Cancelled(by="api"))
        assert driver.execute(webhooks.may_have_ended(FAR, FAR, 10)) == ["w2", "w3", "w4"]


@pytest.mark.parametrize("member", [None, Member(("w", "canvas"))])
def test_an_event_and_entries_of_the_timeline_in_one_commit(
    hooked: Driver, member: Member | None
) -> None:
    hooked.start("t", "lease-1", member=member)
    hooked.apply("t", ev.Paused(by="alice", reason="lunch"))
    hooked.apply("t", ev.Cancelled(by="api"))
    assert [event["type"] for event in taken(hooked)] == ["progress.task.cancelled"]
    body = json.loads(hooked.run(asking.timeline_with("t", hooked.now())))
    texts = {entry["event"]: entry.get("text") for entry in body["entries"]}
    # The pause, which the cancel has taken out of the record, is written with it.
    assert texts == {**dict.fromkeys(("created", "started", "cancel")), "pause": "lunch"}
    assert hooked.execute(streams.timeline("t")).entries
