"""One call of each thing that a store can do, for suites that ask whether it can be done at all:
over TLS, or by a user who may do little."""

from __future__ import annotations

import inspect
from typing import Any

from progress_backend.flows import commands as c
from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.gather import together
from progress_backend.operations import counts, leases, logs, markings, timelines, webhooks
from progress_backend.record import events as ev
from progress_backend.record.model import Member
from progress_backend.store.command_table import TABLE
from tests.behaviour.driving import Driver, identity_of

ALL = c.Filters()
TAKEN = webhooks.Taken("1-1", "ended:1:3:completed", b"{}", 1)


#: The modules of operations.
OPERATIONS = (counts, leases, logs, markings, timelines, webhooks)


def operations() -> set[Any]:
    """Every function that makes a call."""
    every = (f for module in OPERATIONS for f in vars(module).values() if inspect.isfunction(f))
    calls = (f for f in every if str(f.__annotations__.get("return")).startswith("Call["))
    return {f for f in calls if not f.__module__.endswith(".call")}


def asked() -> tuple[Any, ...]:
    """Of each operation, with its arguments, one that does something with what `tasks` has made."""
    ids = ("running", "ended", "waits")
    return (
        c.Read(("running",)),
        c.Read(ids, light=True),
        c.Page(0, 10),
        c.Page(0, 10, c.Filters("running", "fetch_data", "7203.T"), light=True),
        c.Page(0, 10, c.Filters("completed"), sort="ended"),
        c.Tally(ALL),
        c.Newest(2**52, 10, (ALL, c.Filters("completed", ended=True))),
        c.Above(0, (ALL,)),
        c.Before((c.Waiting("fetch_data", "waits", 2**50),)),
        c.FacetsOf(ids),
        c.Due(2**52, 10),
        c.RunsOf("fetch_data"),
        (counts.store, 0),
        c.Lock("reap", "ours", 60_000),
        c.Unlock("reap", "ours"),
        (leases.renew, "lease-1", 2**52),
        (leases.assume, ("lease-1", "lease-2"), 2**52),
        (leases.over, 2**52, 10),
        (leases.ends_at, "running", "lease-1"),
        (leases.held, "lease-1", 10),
        (leases.newest, 10),
        (leases.held_by_each, ("lease-1", "nobody"), 10),
        c.Extend(("running",), 60_000, 2**52),
        (counts.add_lost, 1),
        (counts.lost,),
        (counts.add_dropped, {"value": 1}),
        (counts.dropped,),
        (leases.end, "lease-2"),
        (leases.forget, "lease-1", 2**52),
        (markings.leave, (("fetch", "{}"),), 10),
        (markings.stored, "fetch"),
        (logs.add, "running", (b'{"text":"a"}',), 60_000),
        (logs.read, "running", None, 10),
        (timelines.read, "running", (1, 2)),
        (timelines.keep_samples, "running", 1, b"0:1", 60_000),
        (logs.read, "running", 0, 10),
        (logs.newest, ("running", "t1")),
        c.Page(0, 10, c.Filters("created", workflow="w")),
        c.FiguresOf("w", 1),
        c.OwnedIn("w", "alice"),
        c.Page(0, 10, c.Filters("created", owner="alice")),
        c.FiguresOfEach(("w", "canvas"), 1),
        c.Workflows(0, 10),
        c.Top(5.0, 10),
        c.TopSince(5),
        c.ForgetWorkflow("never"),
        c.Publishing("w", "token", 1, 60_000),
        c.Publishing("w", "token", 1, 0),
        c.Quiet(2**52, 10),
        c.Looked("w", 1),
        c.Direct("w", c.Act.made("pause", 5, "api", None), 60_000),
        c.Acts(10),
        c.CarriedOut("w", "pause@5"),
        c.DropAct("w", "pause@5"),
        c.Oldest("w", None, 10),
        c.Oldest("w", "created", 10, 1),
        c.Page(0, 10, c.Filters(warning="late")),
        (leases.ask_again, (("running", 5), ("ended", None))),
        (leases.to_ask, 2**52, 10),
        (counts.warnings,),
        (counts.times,),
        (webhooks.note, "w", (webhooks.Notice("ops", "w:5:completed", b"{}"),)),
        (webhooks.take, 0, "ops", 60_000),
        (webhooks.settle, 0, "ops", TAKEN, "", 60_000, 60_000),
        (webhooks.take, 0, "ops", 60_000),
        (webhooks.settle, 0, "ops", TAKEN, "delivered"),
        (webhooks.figures, ("ops", "other")),
        (webhooks.may_have_ended, 2**52, 2**52 + 1, 10),
        (webhooks.looked, 2**52 + 1, ("w",), 5),
    )


def tasks(driver: Driver) -> None:
    """Records of every kind: by commits, alone and several in one trip, over and over."""
    driver.create("waits", symbol="7203.T")
    driver.start("running", "lease-1", symbol="7203.T")
    driver.apply("running", ev.Progressed(current=3))
    driver.start("ended", "lease-1")
    driver.apply("ended", ev.Progressed(current=3))
    driver.apply("ended", ev.Completed())
    driver.create("ended")  # renewed
    member = identity_of(member=Member(("w", "canvas")))
    driver.apply("planned", ev.Planned(identity=member))
    driver.apply("planned", ev.Created(identity=member, workflow_name="fetch ×8"))
    driver.apply("gone", ev.Planned(identity=member))
    driver.apply("gone", ev.Unreached(error_message="why", cause="upstream"))
    said, now = (ev.Progressed(current=4),), driver.now()
    ids = ("running", "ended", "several", "more")
    driver.run(together([driver.flows.apply(task_id, said, now) for task_id in ids[:2]]))
    created = (ev.Created(identity=identity_of()),)
    driver.run(together([driver.flows.apply(task_id, created, now) for task_id in ids[2:]]))


def test_each_command_is_carried_out(driver: Driver) -> None:
    tasks(driver)
    calls = [each for each in asked() if isinstance(each, tuple) and callable(each[0])]
    assert {operation for operation, *_ in calls} == operations()
    commands = [each for each in asked() if each not in calls]
    #: What only a flow can ask in a way that makes sense.
    of_flows = {c.Commit, c.Commits, c.Sweep}
    assert set(map(type, commands)) | of_flows == TABLE.keys()
    for command in (*commands, *(operation(*given) for operation, *given in calls)):
        driver.execute(command)


def test_what_is_over_is_swept(driver: Driver) -> None:
    tasks(driver)
    driver.apply("ended", ev.Cancelled())
    driver.lose("waits")
    assert "waits" not in driver.ids()
    long_after = driver.now().replace(year=driver.now().year + 2)
    assert driver.run(cleanup(driver.settings, long_after, "ours")) > 0
