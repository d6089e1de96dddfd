"""Requests for whole workflows: a cancel, pause or resume of all members."""

from __future__ import annotations

from typing import Any

from ..record.act import Act, merged
from .call import Call, Requests, everywhere, listed, one
from .keys import Keys
from .scripts import script
from .values import nothing, text, texts


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

    return everywhere(ask, lambda replies: merged([act for act in replies if act is not None]))


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
