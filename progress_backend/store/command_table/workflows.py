"""Commands about workflows: their figures, members and publishes in progress, and those that are
quiet."""

from __future__ import annotations

from itertools import chain
from typing import Any

from ...flows import commands as c
from ...flows.keys import Keys
from ...flows.partitions import Layout
from ...record import past_runs
from ...record.model import STATUSES
from ...record.workflow import merged
from .. import scripts
from ..memory_state import MemoryState
from ..requests import Request, evalsha
from .entry import Entry, Part, own
from .members_in_memory import past_in_memory
from .values import nothing, pairs, text, whole


def _figures_of(command: c.FiguresOf, keys: Keys) -> list[Request]:
    workflow_id = command.workflow_id
    members = [keys.members(workflow_id, status) for status in STATUSES]
    about = [keys.workflow(workflow_id), keys.publishers(workflow_id)]
    names = [*about, *members, keys.planned(workflow_id)]
    past = "" if keys.sharded else keys.past_workflows("")
    return [evalsha(scripts.FIGURES, names, command.now_ms, past)]


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


def _figures_in_memory(state: MemoryState, command: c.FiguresOf) -> c.Figures:
    workflow_id = command.workflow_id
    members = [f for f in state.facets.values() if workflow_id in f.workflows]
    statuses = [facets.status for facets in members]
    tokens = state.publishers.get(workflow_id, {}).values()
    figures = c.Figures(
        tuple(statuses.count(status) for status in STATUSES),
        sum(facets.planned for facets in members),
        sum(until > command.now_ms for until in tokens),
        sum(facets.share for facets in members),
    )
    figures = figures._replace(act=state.acts.get(workflow_id))
    if (known := state.workflows.get(workflow_id)) is None:
        return figures
    return figures._replace(
        created_ms=known.created_ms,
        started_ms=known.started_ms,
        ended_ms=known.ended_ms,
        changed_ms=known.changed_ms,
        revision=known.revision,
        name=known.name,
        expected=known.expected,
        past=past_in_memory(state, known.name),
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


def _each_in_memory(state: MemoryState, command: c.FiguresOfEach) -> list[c.Figures]:
    return [_figures_in_memory(state, one) for one in _each(command)]


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


def _owned_in_memory(state: MemoryState, command: c.OwnedIn) -> tuple[int, int]:
    owners = [f.owner for f in state.facets.values() if command.workflow_id in f.workflows]
    return len(owners), owners.count(command.owner)


def _sums_of_two(
    command: c.OwnedIn, layout: Layout, parts: list[Part], replies: list[tuple[int, int]]
) -> tuple[int, int]:
    members, owned = zip(*replies, strict=True)
    return sum(members), sum(owned)


def _publishing_in_memory(state: MemoryState, command: c.Publishing) -> None:
    tokens = state.publishers.setdefault(command.workflow_id, {})
    if command.ttl_ms:
        tokens[command.token] = command.now_ms + command.ttl_ms
    else:
        tokens.pop(command.token, None)
    if not tokens:
        del state.publishers[command.workflow_id]


def _of_the_workflow(command: c.Publishing, layout: Layout) -> list[Part]:
    return [(layout.place(command.workflow_id), command)]


def _quiet(command: c.Quiet, keys: Keys) -> list[Request]:
    bounds = ("-inf", f"({command.before_ms}", "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", keys.workflow_plans, *bounds)]


def _ids(command: c.Command, replies: list[Any]) -> list[str]:
    return [text(one) for one in replies[0] or ()]


def _quiet_in_memory(state: MemoryState, command: c.Quiet) -> list[str]:
    planned = {w for facets in state.facets.values() if facets.planned for w in facets.workflows}
    quiet = [(state.workflows[w].quiet_since_ms, w) for w in planned if w in state.workflows]
    return [w for since, w in sorted(quiet) if since < command.before_ms][: command.limit]


def _each_once(command: c.Quiet, layout: Layout, parts: list[Part], replies: list[Any]) -> Any:
    return list(dict.fromkeys(chain(*replies)))[: command.limit]


def _looked_in_memory(state: MemoryState, command: c.Looked) -> None:
    if command.workflow_id in state.workflows:
        state.workflows[command.workflow_id].quiet_since_ms = command.at_ms


def _oldest(command: c.Oldest, keys: Keys) -> list[Request]:
    workflow_id, status = command.workflow_id, command.status
    index = keys.planned(workflow_id) if status is None else keys.members(workflow_id, status)
    bounds = (f"({command.after_us}", "+inf", "WITHSCORES", "LIMIT", 0, command.limit)
    return [("ZRANGEBYSCORE", index, *bounds)]


def _times_and_ids(command: c.Oldest, replies: list[Any]) -> list[tuple[int, str]]:
    return [(whole(score), text(task_id)) for task_id, score in pairs(replies[0] or [])]


def _oldest_in_memory(state: MemoryState, command: c.Oldest) -> list[tuple[int, str]]:
    found = [
        (int(state.created[task_id] * 1_000_000), task_id)
        for task_id, facets in state.facets.items()
        if command.workflow_id in facets.workflows
        and (facets.planned if command.status is None else facets.status == command.status)
    ]
    return sorted(one for one in found if one[0] > command.after_us)[: command.limit]


def _oldest_of_all(
    command: c.Oldest, layout: Layout, parts: list[Part], replies: list[Any]
) -> list[tuple[int, str]]:
    return sorted(own(layout, parts, replies, lambda one: str(one[1])))[: command.limit]


TABLE: dict[type[c.Command], Entry] = {
    c.FiguresOf: Entry(_figures_of, _figures, _figures_in_memory, merge=_merged_figures),
    c.FiguresOfEach: Entry(_figures_of_each, _each_figures, _each_in_memory, merge=_each_merged),
    c.OwnedIn: Entry(_owned_in, _two_counts, _owned_in_memory, merge=_sums_of_two),
    c.Publishing: Entry(
        lambda command, keys: [
            evalsha(
                scripts.PUBLISHING,
                [keys.publishers(command.workflow_id)],
                *(command.token, command.now_ms, command.ttl_ms),
            )
        ],
        nothing,
        _publishing_in_memory,
        _of_the_workflow,
    ),
    c.Quiet: Entry(_quiet, _ids, _quiet_in_memory, merge=_each_once),
    c.Looked: Entry(
        lambda command, keys: [
            ("ZADD", keys.workflow_plans, "XX", command.at_ms, command.workflow_id)
        ],
        nothing,
        _looked_in_memory,
    ),
    c.Oldest: Entry(_oldest, _times_and_ids, _oldest_in_memory, merge=_oldest_of_all),
}
