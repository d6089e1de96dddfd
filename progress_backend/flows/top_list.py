"""The list of what a person started: tasks that are no workflow's member, and outermost workflows,
newest first, or the running before the waiting and the ended ones. Flows; pure.

Neither has a set of its own, so that workflows add nothing to the commits of single tasks: single
tasks are counted and read as all tasks without the members, and the two lists are merged by
creation time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from math import inf
from typing import Any, NamedTuple

from ..operations import lists, records, top
from ..operations.call import Call, all_of
from ..operations.index_entry import STILL_RUNS, Facets
from ..operations.lists import Filters, TaskPage
from ..operations.top import TopOfAll
from ..operations.workflows import figures_of_each
from ..record.document import written
from ..record.json_text import parsed
from ..record.local_time import EPOCH, MICROSECOND, moment
from ..record.model import ENDED, KINDS, TaskStatus
from ..record.responses import still_runs
from ..record.workflow_body import row
from . import shown_record
from .cleanup import sweep
from .flow import Flow
from .index_page import FETCHED
from .stored_record import milliseconds
from .task_flows import Records

#: Reads of one page while rows without a record are removed.
_TRIES = 3
#: Tasks of each status, and workflows, that `front` reads; and for each row that is wanted, the
#: tasks that it reads first: most tasks are no workflow's member.
_LOOKED, _WORKFLOWS, _FIRST = 1_000, 50, 3
#: Tasks with each warning that are read for the marks of their workflows.
_WARNED = 250
_WARNINGS = [Filters(warning=kind) for kind in KINDS]
_ORDER = (TaskStatus.RUNNING, TaskStatus.PAUSED, TaskStatus.CREATED)


class _Entry(NamedTuple):
    """A task or workflow in the list; later ones are newer."""

    created_us: int
    id: str
    is_workflow: bool


def page(
    flows: Records, page: int, limit: int, now: datetime, *, light: bool = False
) -> Flow[TaskPage]:
    """One page: tasks as they are to be read now, and workflows as their list has them, each as
    JSON; the counts are of all tasks. What it costs does not depend on the size of workflows.

    Over several partitions the newest of each are listed: see `top.newest`.
    """
    found, rows = TopOfAll((0, 0), (), (), ()), dict[_Entry, bytes | None]()
    warned = yield from _warned()
    for _ in range(_TRIES):
        found, places = yield from _places(flows, (page - 1) * limit, limit)
        rows = yield from _rows(flows, places, warned, now, light)
        gone = [place for place, row in rows.items() if row is None]
        if not gone:
            break
        tasks = [place.id for place in gone if not place.is_workflow]
        yield from sweep(tasks, before_ms=0, found_in=(Filters(),))
        for place in gone:
            if place.is_workflow:
                yield from top.forget_workflow(place.id)
    there = tuple((place.id, row) for place, row in rows.items() if row is not None)
    return TaskPage(sum(found.sizes), found.counts, there)


def front(flows: Records, limit: int, now: datetime, *, light: bool = False) -> Flow[TaskPage]:
    """What a person looks at first, `limit` of each: what runs, those with a warning, and workflows
    with such members, before the others, and what is paused, the newest first, what waits, the
    oldest first, and what has ended, the last first: of the first `_LOOKED` tasks of each status,
    and of the newest `_WORKFLOWS` workflows."""
    found = yield from top.newest(_WORKFLOWS)
    warned = yield from _warned()
    first_ones = [(0, workflow_id) for workflow_id in [*warned][:limit]]
    newest = [*first_ones, *found.workflows[:_WORKFLOWS]]
    places = [_Entry(*one, is_workflow=True) for one in newest]
    ended = [Filters(status, ended=True) for status in ENDED]
    running = [Filters(TaskStatus.RUNNING), Filters(warning=STILL_RUNS)]
    for filters in (_WARNINGS, running, [Filters(TaskStatus.PAUSED)], ended):
        read = partial(lists.newest, inf, filters=filters)
        places += yield from _singles(read, limit, 1_000 if filters is ended else 1)
    oldest = partial(lists.oldest, filters=Filters(TaskStatus.CREATED))
    places += yield from _singles(oldest, limit)
    # A task that changes its status between two of these reads is found twice.
    each = {(place.id, place.is_workflow): place for place in places}
    rows = yield from _rows(flows, [*each.values()], warned, now, light)
    gone = [place.id for place, row in rows.items() if row is None and not place.is_workflow]
    if gone:
        yield from sweep(gone, before_ms=0, found_in=(Filters(),))
    # By its status now: a task may have left the set in which it was found.
    groups: list[list[tuple[bool, int, str, bytes]]] = [[], [], [], []]
    for place, document in rows.items():
        if document is not None:
            body = parsed(document)
            status = TaskStatus.RUNNING if still_runs(body) else body["status"]
            group = groups[_ORDER.index(status) if status in _ORDER else -1]
            has_warning = any((body.get("warnings") or {}).values())
            group.append((has_warning, _time_us(body, place), place.id, document))
    for group in groups:
        group.sort(reverse=group is not groups[2])
    first = tuple((one, document) for group in groups for *_, one, document in group[:limit])
    return TaskPage(sum(found.sizes), found.counts, first)


def _warned() -> Flow[dict[str, dict[str, int]]]:
    """Of the outermost workflows of the newest tasks with each warning, how many of these are their
    members."""
    warned: dict[str, dict[str, int]] = {}
    found = yield from all_of(*(lists.newest(inf, _WARNED, (one,)) for one in _WARNINGS))
    for kind, tasks in zip(KINDS, found, strict=True):
        for facets in (yield from records.facets_of([task_id for _, task_id in tasks])):
            if isinstance(facets, Facets) and facets.workflows:
                its = warned.setdefault(facets.workflows[0], {})
                its[kind] = its.get(kind, 0) + 1
    return warned


def _time_us(row: Mapping[str, Any], place: _Entry) -> int:
    """The time of a row's end, or of its creation, in microseconds since 1970; without both, as of
    a value that is no record, the one in the index where it was found."""
    text = row["end_time"] or row["created_at"]
    return (moment(text) - EPOCH) // MICROSECOND if text else place.created_us


def _singles(
    read: Callable[[int], Call[list[tuple[int, str]]]], limit: int, unit_us: int = 1
) -> Flow[list[_Entry]]:
    """The first tasks that are no workflow's member, of those that `read` finds by times in
    `unit_us`: few are read first, and as many as may be only if these are too few."""
    singles: list[tuple[int, str]] = []
    for most in (_FIRST * limit, _LOOKED):
        found = yield from read(most)
        ids = [task_id for _, task_id in found]
        members = (yield from top.of_workflows(ids)) if ids else []
        singles = [one for one, member in zip(found, members, strict=True) if not member]
        if len(singles) >= limit or len(found) < most:
            break
    return [_Entry(time * unit_us, i, is_workflow=False) for time, i in singles[:limit]]


def _places(flows: Records, start: int, limit: int) -> Flow[tuple[TopOfAll, list[_Entry]]]:
    """The size of the list, and the places of a page."""
    if start <= FETCHED or flows.settings.partitions:
        found, skip = (yield from top.newest(start + limit)), start
    else:
        found = yield from top.newest(limit, start)
        skip = found.skip
    places = [_Entry(*one, is_workflow=False) for one in found.singles]
    places += [_Entry(*one, is_workflow=True) for one in found.workflows]
    return found, sorted(places, reverse=True)[skip : skip + limit]


def _rows(
    flows: Records,
    places: list[_Entry],
    warned: Mapping[str, dict[Any, int]],
    now: datetime,
    light: bool,
) -> Flow[dict[_Entry, bytes | None]]:
    """The row of each place; None if its document, or all of its members, are deleted."""
    rows = dict[_Entry, bytes | None].fromkeys(places)
    tasks = [place for place in places if not place.is_workflow]
    stored = yield from records.read([task.id for task in tasks], light)
    found = zip((task.id for task in tasks), stored, strict=True)
    there = dict((yield from shown_record.rows(flows, found, now, light=light)))
    rows |= {task: there.get(task.id) for task in tasks}
    workflows = [place for place in places if place.is_workflow]
    ids = [workflow.id for workflow in workflows]
    each = yield from figures_of_each(ids, milliseconds(now))
    about = (flows.settings.zone(), flows.settings.locale, now)
    for workflow, figures in zip(workflows, each, strict=True):
        if figures.total or figures.publishers:
            its = row(workflow.id, figures, *about)
            its.warnings = warned.get(workflow.id)
            rows[workflow] = written(its)
    return rows
