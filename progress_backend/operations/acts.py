"""Requests for whole workflows: a cancel, pause or resume of all members."""

from __future__ import annotations

from typing import Any

from ..record.act import Act, merged
from .call import Asked, Call, everywhere, one
from .keys import Keys
from .scripts import script
from .values import nothing, text, texts


def _name(act_id: str, workflow_id: str) -> str:
    """A request's name among those that are not carried out yet; ids of requests have no space."""
    return f"{act_id} {workflow_id}"


def direct(workflow_id: str, act: Act, ttl_ms: int) -> Call[Act | None]:
    """Stores a request about all members of a workflow, with which their commits are compared from
    then on; the request that stands instead, where that is a cancel or newer."""

    def ask(keys: Keys) -> Asked[Act | None]:
        names = {"workflow": keys.workflow(workflow_id), "acts": keys.workflow_acts}
        about = {"name": _name(act.id, workflow_id), "act": act.id, "text": act.text}
        when = {"at": act.at_ms, "last": int(act.is_last), "ttl": ttl_ms}
        return one(script("direct", names, {**about, **when}), parse)

    def parse(reply: list[Any]) -> Act | None:
        done, *stands = reply
        return None if done else Act.of(text(stands[0]), stands[1])

    return everywhere(ask, lambda replies: merged([act for act in replies if act is not None]))


def drop(workflow_id: str, act_id: str) -> Call[None]:
    """Deletes a workflow's request: its canvas was sent again."""

    def ask(keys: Keys) -> Asked[None]:
        names = {"workflow": keys.workflow(workflow_id)}
        return one(script("drop_act", names, {"act": act_id}), nothing)

    return everywhere(ask)


def waiting(limit: int) -> Call[list[tuple[str, str]]]:
    """Ids of requests that are not carried out yet, and of their workflows, oldest first."""

    def parse(reply: list[bytes] | None) -> list[tuple[str, str]]:
        names = [name.partition(" ") for name in texts(reply)]
        return [(act_id, workflow_id) for act_id, _, workflow_id in names]

    return everywhere(
        lambda keys: one(("ZRANGE", keys.workflow_acts, 0, limit - 1), parse),
        lambda replies: list(dict.fromkeys(each for reply in replies for each in reply))[:limit],
    )


def carried_out(workflow_id: str, act_id: str) -> Call[None]:
    """A request is carried out."""
    name = _name(act_id, workflow_id)
    return everywhere(lambda keys: one(("ZREM", keys.workflow_acts, name), nothing))
