"""Workflows: their figures, members and publishes in progress, those that are quiet, and requests
for all members: a cancel, pause or resume."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

from ..record import past_runs
from ..record.act import Act
from ..record.act import merged as newest_of
from ..record.model import STATUSES
from ..record.workflow import WorkflowCounts, merged
from .call import Call, Requests, at, everywhere, joined, listed, one
from .keys import Keys
from .scripts import script
from .values import nothing, text, texts, timed


def figures(workflow_id: str, now_ms: int) -> Call[WorkflowCounts]:
    """A workflow's counts; all are 0 where no member is stored."""
    return everywhere(lambda keys: _figures(workflow_id, now_ms, keys), merged)


def figures_of_each(workflow_ids: Sequence[str], now_ms: int) -> Call[list[WorkflowCounts]]:
    """The counts of several workflows, in order."""
    return everywhere(
        lambda keys: joined([_figures(one, now_ms, keys) for one in workflow_ids]),
        lambda replies: [merged(list(several)) for several in zip(*replies, strict=True)],
    )


def _figures(workflow_id: str, now_ms: int, keys: Keys) -> Requests[WorkflowCounts]:
    names = {"workflow": keys.workflow(workflow_id), "publishers": keys.publishers(workflow_id)}
    members = [keys.members(workflow_id, status) for status in STATUSES]
    about = {"now": now_ms, "past": "" if keys.sharded else keys.past_workflows("")}
    members += [keys.planned(workflow_id), keys.never_ran(workflow_id)]
    return one(script("figures", names, about, members), _read)


def _read(reply: list[Any]) -> WorkflowCounts:
    pairs, publishers, (*counts, planned, never_ran), past = reply
    about = dict(zip(texts(pairs[::2]), texts(pairs[1::2]), strict=True))

    def number(name: str) -> int | None:
        try:
            return int(about[name])
        except (KeyError, ValueError):
            return None

    return WorkflowCounts(
        tuple(counts),
        planned,
        publishers,
        never_ran,
        share=number("share") or 0,
        created_ms=number("begun"),
        started_ms=number("started"),
        ended_ms=number("ended"),
        changed_ms=number("changed"),
        revision=number("revision") or 0,
        name=about.get("name"),
        expected=number("expected") or 0,
        act=Act.of(about["act"], about.get("control")) if about.get("act") else None,
        past=past_runs.read_all(past),
    )


def owned(workflow_id: str, owner: str) -> Call[tuple[int, int]]:
    """How many members a workflow has, and how many of them are one owner's."""

    def ask(keys: Keys) -> Requests[tuple[int, int]]:
        names = (keys.members(workflow_id), keys.owned_members(workflow_id, owner))
        return Requests([("ZCARD", name) for name in names], parse)

    def parse(replies: list[Any]) -> tuple[int, int]:
        members, owned = (reply or 0 for reply in replies)
        return members, owned

    return everywhere(ask)


def publishing(workflow_id: str, token: str, now_ms: int, ttl_ms: int) -> Call[None]:
    """Notes that a publish in progress may add members to a workflow, for `ttl_ms` at most after
    `now_ms`; 0 ends it."""

    def ask(keys: Keys) -> Requests[None]:
        tokens = keys.publishers(workflow_id)
        if not ttl_ms:
            return one(("ZREM", tokens, token), nothing)
        counts = ("ZADD", tokens, now_ms + ttl_ms, token)
        return Requests([counts, ("PEXPIRE", tokens, ttl_ms)], nothing)

    return at(workflow_id, ask)


def quiet(before_ms: int, limit: int) -> Call[list[str]]:
    """Ids of workflows with planned members that had no commit since a time, the longest quiet
    first."""
    bounds = ("-inf", f"({before_ms}", "LIMIT", 0, limit)
    return everywhere(
        lambda keys: one(("ZRANGEBYSCORE", keys.workflow_plans, *bounds), texts),
        listed(limit),
    )


def looked(workflow_id: str, at_ms: int) -> Call[None]:
    """Notes that a quiet workflow was checked; the next check is once it is quiet since `at_ms`."""

    def ask(keys: Keys) -> Requests[None]:
        return one(("ZADD", keys.workflow_plans, "XX", at_ms, workflow_id), nothing)

    return everywhere(ask)


def oldest(
    workflow_id: str, status: str | None, limit: int, after_us: int = 0
) -> Call[list[tuple[int, str]]]:
    """Creation times (µs), after `after_us`, and ids of a workflow's members with a status, oldest
    first; None: of the planned ones."""

    def ask(keys: Keys) -> Requests[list[tuple[int, str]]]:
        planned = status is None
        index = keys.planned(workflow_id) if planned else keys.members(workflow_id, status)
        bounds = (f"({after_us}", "+inf", "WITHSCORES", "LIMIT", 0, limit)
        return one(("ZRANGEBYSCORE", index, *bounds), timed)

    return everywhere(ask, lambda replies: sorted(chain(*replies))[:limit])


def sets_of_workflows(keys: Keys) -> dict[str, str]:
    """The sorted sets that hold a workflow's id, by the names that scripts have for them."""
    return {
        "workflows": keys.workflows,
        "plans": keys.workflow_plans,
        "outermost": keys.outermost,
    }


def _name(act_id: str, workflow_id: str) -> str:
    """A request's name among those that are not carried out yet; ids of requests have no space."""
    return f"{act_id} {workflow_id}"


def direct(workflow_id: str, act: Act, ttl_ms: int) -> Call[Act | None]:
    """Stores a request for all members of a workflow; from then on their commits are compared with
    it. Returns the stored request if that is a cancel or newer: then nothing changes."""
    return _request(workflow_id, act.id, act.text, ttl_ms, act)


def drop(workflow_id: str, act_id: str) -> Call[Act | None]:
    """Deletes a workflow's request: its canvas was published again."""
    return _request(workflow_id, act_id)


def _request(
    workflow_id: str, act_id: str, act_text: str = "", ttl_ms: int = 0, act: Act | None = None
) -> Call[Act | None]:
    about = {"name": _name(act_id, workflow_id), "act": act_id, "text": act_text, "ttl": ttl_ms}
    about |= {"at": act.at_ms, "last": int(act.is_last)} if act else {"at": 0, "last": 0}

    def ask(keys: Keys) -> Requests[Act | None]:
        names = {"workflow": keys.workflow(workflow_id), "acts": keys.workflow_acts}
        return one(script("direct", names, about), parse)

    def parse(reply: list[Any]) -> Act | None:
        done, *stands = reply
        return None if done else Act.of(text(stands[0]), stands[1])

    return everywhere(ask, lambda replies: newest_of([act for act in replies if act is not None]))


def waiting(limit: int) -> Call[list[tuple[str, str]]]:
    """Ids of requests that are not carried out yet, and of their workflows, oldest first."""

    def parse(reply: list[bytes] | None) -> list[tuple[str, str]]:
        names = [name.partition(" ") for name in texts(reply)]
        return [(act_id, workflow_id) for act_id, _, workflow_id in names]

    return everywhere(
        lambda keys: one(("ZRANGE", keys.workflow_acts, 0, limit - 1), parse),
        listed(limit),
    )


def carried_out(workflow_id: str, act_id: str) -> Call[None]:
    """Notes that a request is carried out."""
    name = _name(act_id, workflow_id)
    return everywhere(lambda keys: one(("ZREM", keys.workflow_acts, name), nothing))
