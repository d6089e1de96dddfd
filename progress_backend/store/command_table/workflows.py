"""Commands about workflows: their figures, members and publishes in progress, and those that are
quiet."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...operations.call import Request
from ...operations.keys import Keys
from ...operations.partitions import Layout
from ...operations.requests import evalsha
from ...operations.scripts import SCRIPTS
from ...operations.values import pairs, text, whole
from ...record import past_runs
from ...record.model import STATUSES
from ...record.workflow import merged
from .entry import Entry, Part, nothing, own


def _figures_of(command: c.FiguresOf, keys: Keys) -> list[Request]:
    workflow_id = command.workflow_id
    members = [keys.members(workflow_id, status) for status in STATUSES]
    about = [keys.workflow(workflow_id), keys.publishers(workflow_id)]
    names = [*about, *members, keys.planned(workflow_id)]
    past = "" if keys.sharded else keys.past_workflows("")
    return [evalsha(SCRIPTS["figures"], names, command.now_ms, past)]


def _figures(command: c.FiguresOf, replies: list[Any]) -> c.Figures:
    pairs, publishers, (*counts, planned), past = replies[0]
    about = dict(zip(map(text, pairs[::2]), map(text, pairs[1::2]), strict=True))

    def number(name: str) -> int | None:
        try:
            return int(about[name])
        except (KeyError, ValueError):
            return None

    return c.Figures(
        tuple(counts),
        planned,
        publishers,
        share=number("share") or 0,
        created_ms=number("begun"),
        started_ms=number("started"),
        ended_ms=number("ended"),
        changed_ms=number("changed"),
        revision=number("revision") or 0,
        name=about.get("name"),
        expected=number("expected") or 0,
        act=c.Act.of(about["act"], about.get("control")) if about.get("act") else None,
        past=past_runs.read_all(past),
    )


def _merged_figures(
    command: c.FiguresOf, layout: Layout, parts: list[Part], replies: list[c.Figures]
) -> c.Figures:
    return merged(replies)


def _figures_of_each(command: c.FiguresOfEach, keys: Keys) -> list[Request]:
    asked = (_figures_of(one, keys) for one in _each(command))
    return list(chain.from_iterable(asked))


def _each(command: c.FiguresOfEach) -> list[c.FiguresOf]:
    return [c.FiguresOf(workflow_id, command.now_ms) for workflow_id in command.workflow_ids]


def _each_figures(command: c.FiguresOfEach, replies: list[Any]) -> list[c.Figures]:
    return [_figures(one, [reply]) for one, reply in zip(_each(command), replies, strict=True)]


def _each_merged(
    command: c.FiguresOfEach, layout: Layout, parts: list[Part], replies: list[list[c.Figures]]
) -> list[c.Figures]:
    return [merged(several) for several in zip(*replies, strict=True)]


def _owned_in(command: c.OwnedIn, keys: Keys) -> list[Request]:
    workflow_id = command.workflow_id
    names = (keys.members(workflow_id), keys.owned_members(workflow_id, command.owner))
    return [("ZCARD", name) for name in names]


def _two_counts(command: c.OwnedIn, replies: list[Any]) -> tuple[int, int]:
    members, owned = (reply or 0 for reply in replies)
    return members, owned


def _sums_of_two(
    command: c.OwnedIn, layout: Layout, parts: list[Part], replies: list[tuple[int, int]]
) -> tuple[int, int]:
    members, owned = zip(*replies, strict=True)
    return sum(members), sum(owned)


def _of_the_workflow(command: c.Publishing, layout: Layout) -> list[Part]:
    return [(layout.place(command.workflow_id), command)]


def _quiet(command: c.Quiet, keys: Keys) -> list[Request]:
    bounds = ("-inf", f"({command.before_ms}", "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", keys.workflow_plans, *bounds)]


def _ids(command: c.Command, replies: list[Any]) -> list[str]:
    return [text(one) for one in replies[0] or ()]


def _each_once(command: c.Quiet, layout: Layout, parts: list[Part], replies: list[Any]) -> Any:
    return list(dict.fromkeys(chain(*replies)))[: command.limit]


def _oldest(command: c.Oldest, keys: Keys) -> list[Request]:
    workflow_id, status = command.workflow_id, command.status
    index = keys.planned(workflow_id) if status is None else keys.members(workflow_id, status)
    bounds = (f"({command.after_us}", "+inf", "WITHSCORES", "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", index, *bounds)]


def _times_and_ids(command: c.Oldest, replies: list[Any]) -> list[tuple[int, str]]:
    return [(whole(score), text(task_id)) for task_id, score in pairs(replies[0] or [])]


def _oldest_of_all(
    command: c.Oldest, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[tuple[int, str]]:
    return sorted(own(layout, parts, replies, lambda one: str(one[1])))[: command.limit]


TABLE: dict[type[c.Command], Entry] = {
    c.FiguresOf: Entry(_figures_of, _figures, merge=_merged_figures),
    c.FiguresOfEach: Entry(_figures_of_each, _each_figures, merge=_each_merged),
    c.OwnedIn: Entry(_owned_in, _two_counts, merge=_sums_of_two),
    c.Publishing: Entry(
        lambda command, keys: [
            evalsha(
                SCRIPTS["publishing"],
                [keys.publishers(command.workflow_id)],
                *(command.token, command.now_ms, command.ttl_ms),
            )
        ],
        nothing,
        _of_the_workflow,
    ),
    c.Quiet: Entry(_quiet, _ids, merge=_each_once),
    c.Looked: Entry(
        lambda command, keys: [
            ("ZADD", keys.workflow_plans, "XX", command.at_ms, command.workflow_id)
        ],
        nothing,
    ),
    c.Oldest: Entry(_oldest, _times_and_ids, merge=_oldest_of_all),
}
