"""One call of each thing that a store can do, for suites that ask whether it can be done at all:
over TLS, or by a user who may do little."""

import importlib
import inspect
import pkgutil
from datetime import timedelta
from typing import Any

from progress_backend import operations as package
from progress_backend.flows.cleanup import cleanup
from progress_backend.flows.flow import together
from progress_backend.operations import (
    call,
    commits,
    counts,
    leases,
    lists,
    locks,
    markings,
    places,
    records,
    stacks,
    starts,
    streams,
    sweeps,
    top,
    webhooks,
    workflows,
)
from progress_backend.operations.commit import Committed
from progress_backend.operations.lists import Filters, Page
from progress_backend.operations.scripts import SETS
from progress_backend.record import events as ev
from progress_backend.record.act import Act
from progress_backend.record.model import Member
from progress_backend.record.shown import QueuedTask
from tests.behaviour.driving import Driver, identity_of
from tests.behaviour.parts import commit

ALL = Filters()
TAKEN = webhooks.Taken("1-1", "ended~1~3~completed", b"{}", 1)


def operations() -> set[Any]:
    """Every function that makes a call, but what only a flow can ask in a way that makes sense."""
    found = set()
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for function in vars(importlib.import_module(module.name)).values():
            own = inspect.isfunction(function) and function.__module__ == module.name
            own = own and not function.__name__.startswith("_")
            if own and str(function.__annotations__.get("return")).startswith("Call["):
                found.add(function)
    of_flows = {sweeps.sweep, commits.commit_all}
    return {one for one in found if one.__module__ != call.__name__} - of_flows


def asked() -> tuple[Any, ...]:
    """Of each operation, with its arguments, one that does something with what `tasks` has made."""
    ids = ("running", "ended", "waits")
    return (
        (records.read, ("running",)),
        (records.read, ids, True),
        (lists.page, Page(0, 10)),
        (lists.page, Page(0, 10, Filters("running", "fetch_data", "7203.T"), light=True)),
        (lists.page, Page(0, 10, Filters("completed"), sort="ended")),
        (lists.tally, ALL),
        (lists.newest, 2**52, 10, (ALL, Filters("completed", ended=True))),
        (lists.above, 0, (ALL,)),
        (places.before, (QueuedTask("fetch_data", "waits", 2**50),)),
        (starts.kept_message, "job"),
        (starts.claim, "job", "0" * 64),
        (starts.end, "job", "publishing", "free"),
        (records.facets_of, ids),
        (sweeps.due, 2**52, 10),
        (records.runs_of, "fetch_data"),
        (counts.store, 0),
        (counts.memory,),
        (locks.take, "reap", "ours", 60_000),
        (locks.give_back, "reap", "ours"),
        (leases.renew, "lease-1", 2**52),
        (leases.renew, "lease-2", 2**52, 4),
        (leases.assume, ("lease-1", "lease-2"), 2**52),
        (leases.expired, 2**52, 10),
        (leases.ends_at, "lease-1"),
        (leases.held, "lease-1", 10),
        (leases.newest, 10),
        (leases.held_by_each, ("lease-1", "nobody"), 10),
        (records.extend, ("running",), 60_000, 2**52),
        (counts.add_dropped, {"value": 1}),
        (counts.dropped,),
        (leases.end, "lease-2"),
        (leases.forget, "lease-1", 2**52),
        (markings.leave, (("fetch", "{}"),), 10),
        (markings.stored, "fetch"),
        (streams.add_lines, "running", (b'{"text":"a"}',), 1_024, 60_000),
        (streams.lines, "running", None, 10),
        (streams.timeline, "running"),
        (stacks.ask, "running", "alice", 2**40),
        (stacks.lately,),
        (stacks.keep, "running", b"{}"),
        (stacks.kept, "running"),
        (streams.lines, "running", 0, 10),
        (lists.page, Page(0, 10, Filters("created", workflow="w"))),
        (workflows.figures, "w", 1),
        (workflows.owned, "w", "alice"),
        (lists.page, Page(0, 10, Filters("created", owner="alice"))),
        (workflows.figures_of_each, ("w", "canvas"), 1),
        (top.newest_workflows, 0, 10),
        (top.newest, 10, 5),
        (top.of_workflows, ("running", "t1")),
        (lists.oldest, 10, Filters("created")),
        (top.forget_workflow, "never"),
        (workflows.publishing, "w", "token", 1, 60_000),
        (workflows.publishing, "w", "token", 1, 0),
        (workflows.quiet, 2**52, 10),
        (workflows.looked, "w", 1),
        (workflows.direct, "w", Act.made("pause", 5, "api", None), 60_000),
        (workflows.waiting, 10),
        (workflows.carried_out, "w", "pause@5"),
        (workflows.drop, "w", "pause@5"),
        (workflows.oldest, "w", None, 10),
        (workflows.oldest, "w", "created", 10, 1),
        (lists.page, Page(0, 10, Filters(warning="late"))),
        (leases.ask_again, (("running", 5), ("ended", None))),
        (leases.to_ask, 2**52, 10),
        (counts.outcomes,),
        (webhooks.store, "w", (webhooks.Notice("ops", "w~5~completed", b"{}"),)),
        (webhooks.take, 0, "ops", 60_000),
        (webhooks.settle, 0, "ops", TAKEN, "", 0),
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
    driver.apply("gone", ev.NeverPublished(error_message="why", cause="upstream"))
    progress, now = (ev.Progressed(current=4),), driver.now()
    ids = ("running", "ended", "several", "more")
    driver.run(together([driver.flows.apply(task_id, progress, now) for task_id in ids[:2]]))
    created = (ev.Created(identity=identity_of()),)
    driver.run(together([driver.flows.apply(task_id, created, now) for task_id in ids[2:]]))


def test_each_call_is_carried_out(driver: Driver) -> None:
    tasks(driver)
    assert {operation for operation, *_ in asked()} == operations()
    for operation, *given in asked():
        driver.execute(operation(*given))


def test_what_is_over_is_swept(driver: Driver) -> None:
    tasks(driver)
    driver.apply("ended", ev.Cancelled())
    driver.lose("waits")
    assert "waits" not in driver.ids()
    long_after = driver.now() + timedelta(days=730)
    assert driver.run(cleanup(driver.settings, long_after, "ours")) > 0


def test_each_set_of_parts_is_committed(driver: Driver) -> None:
    for parts in SETS:
        # On a cluster no commit sees all members.
        possible = [
            one for one in parts if one != "past_workflow" or not driver.settings.partitions
        ]
        assert commit(driver, *possible) == Committed(True)
        driver.lose("t")
        driver.raw.hdel(driver.names("t").facets, "t")
