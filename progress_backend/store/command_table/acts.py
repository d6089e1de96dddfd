"""Commands about requests for whole workflows: a cancel, pause or resume of all members."""

from __future__ import annotations

from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import text
from ...record.act import merged
from .entry import Entry, Part, nothing


def _name(act_id: str, workflow_id: str) -> str:
    """A request's name among those that are not carried out yet; ids of requests have no space."""
    return f"{act_id} {workflow_id}"


def _direct(command: c.Direct, keys: Keys) -> list[Request]:
    act, workflow_id = command.act, command.workflow_id
    return [
        evalsha(
            SCRIPTS["direct"],
            [keys.workflow(workflow_id), keys.workflow_acts],
            _name(act.id, workflow_id),
            act.id,
            act.text,
            act.at_ms,
            int(act.is_last),
            command.ttl_ms,
        )
    ]


def _instead(command: c.Direct, replies: list[Any]) -> c.Act | None:
    done, *stands = replies[0]
    return None if done else c.Act.of(text(stands[0]), stands[1])


def _any_instead(
    command: c.Direct, layout: Layout, parts: list[Part], replies: list[c.Act | None]
) -> c.Act | None:
    return merged([act for act in replies if act is not None])


def _waiting(command: c.Acts, replies: list[Any]) -> list[tuple[str, str]]:
    names = [text(name).partition(" ") for name in replies[0] or ()]
    return [(act_id, workflow_id) for act_id, _, workflow_id in names]


def _each_once(command: c.Acts, layout: Layout, parts: list[Part], replies: list[Any]) -> Any:
    return list(dict.fromkeys(one for reply in replies for one in reply))[: command.limit]


TABLE: dict[type[c.Command], Entry] = {
    c.Direct: Entry(_direct, _instead, merge=_any_instead),
    c.DropAct: Entry(
        lambda command, keys: [
            evalsha(SCRIPTS["drop_act"], [keys.workflow(command.workflow_id)], command.act_id)
        ],
        nothing,
    ),
    c.Acts: Entry(
        lambda command, keys: [("ZRANGE", keys.workflow_acts, 0, command.limit - 1)],
        _waiting,
        merge=_each_once,
    ),
    c.CarriedOut: Entry(
        lambda command, keys: [
            ("ZREM", keys.workflow_acts, _name(command.act_id, command.workflow_id))
        ],
        nothing,
    ),
}
