"""Creates the records of a message's own task and of those that the message names and Celery
publishes later (planned records)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from celery.backends.base import Backend

from ..flows.stored_record import Applied, milliseconds
from ..operations import workflows
from ..record import canvas
from ..record import events as ev
from ..record.default_texts import text
from ..record.failures import described
from ..record.model import NOT_PUBLISHED, UPSTREAM, Member
from ..runs.writer import Entry
from . import remote_tasks
from .created_header import add_record_to_header, is_new
from .decorator import Marking
from .headers import HEADER, WORKFLOW
from .identity import identity_of, member_in
from .membership import ahead_of
from .process import Process
from .publish import Publish
from .tracker import Tracker

#: Most records that one call creates, those of the messages themselves included; the sender's
#: thread creates the others.
MOST: Final = 1_000
#: For how many leases a workflow stays open while its publisher sends nothing.
_LEASES: Final = 5


class Canvas:
    """The messages of one canvas, which are published one by one."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._walk = canvas.Walk()
        self._markings: dict[str, Marking | None] = {}
        #: Whether tasks without a record run before those that are planned next.
        self._unseen = False
        self._checked = False
        #: The first message's task, how many of the starting messages are of this task, and the
        #: task that has the workflow's id.
        self._first, self._alike, self._last = "", 0, ""
        self._title: str | None = None
        self._total: int | None = None
        #: Id of the workflow that these messages start; None if they continue one.
        self._workflow_id: str | None = None
        self._token: str | None = None

    def add(self, publish: Publish) -> None:
        """Adds a message that is published next."""
        if publish.member is None or publish.goes_on:
            return
        if self._workflow_id is None:  # the messages of a canvas have one last task
            self._title = self._name(publish, publish.member)
        self._workflow_id = publish.member.workflows[-1]
        self._title = publish.title or self._title
        self._total = self._total or publish.total
        name = publish.headers["task"]
        self._first = self._first or name
        self._alike += name == self._first

    def begin(self, process: Process, publishes: Sequence[Publish], *, last: bool) -> None:
        """Creates the records of messages that were added, and of the tasks that they name. `last`:
        no more messages follow."""
        if not last:
            self._hold(process)
        own = [publish for publish in publishes if publish.created is not None]
        entries = [self._created(publish, first=publish is own[0]) for publish in own]
        ahead = (e for one in publishes if not one.goes_on for e in self._ahead(one))
        several = list(zip(own, _begin(process, entries, ahead), strict=True))
        for publish, applied in several:
            add_record_to_header(publish, applied)
        # The tasks that a later message of a canvas names are planned already, unless its own task
        # is new: then no earlier message has named them.
        new = (one for one, applied in several if one.goes_on and is_new(applied))
        _begin(process, (), (e for one in new for e in self._ahead(one)))
        if last and self._token is not None:
            self._publishes(process, 0)

    def _created(self, publish: Publish, *, first: bool) -> Entry:
        created = publish.created
        assert created is not None
        if first and self._workflow_id is not None:
            title = self._title or canvas.name_of(self._first, self._alike, self._last)
            created = created.replace(workflow_name=title, workflow_total=self._total)
        return None, str(publish.headers["id"]), (created,)

    def _hold(self, process: Process) -> None:
        """Keeps the workflow open while more members may be published."""
        if self._workflow_id is not None:
            self._token = self._token or uuid.uuid4().hex
            self._publishes(process, int(_LEASES * self._tracker.settings.lease_s * 1000))

    def _publishes(self, process: Process, ttl_ms: int) -> None:
        assert self._workflow_id is not None
        assert self._token is not None
        now_ms = milliseconds(process.store.now())
        process.sender.ask(workflows.publishing(self._workflow_id, self._token, now_ms, ttl_ms))

    def _name(self, publish: Publish, member: Member) -> str | None:
        """The workflow's name: the option `workflow` of the task with the workflow's id, which is
        the id of the caller's result. A group has no such task."""
        steps = canvas.steps(publish.ahead)
        last = (step.name for step in steps if step.task_id == member.workflows[-1])
        self._last = next(last, "")
        marking = self._marking(self._last) if self._last else None
        return None if marking is None else marking.workflow

    def _ahead(self, publish: Publish) -> Iterator[Entry]:
        """The events that create the records of the tasks that a message names; if they are too
        many, the task with the workflow's id comes first."""
        if (member := publish.member) is None:
            return
        self._look_at_backend(publish.ahead)
        if publish.marking is None:
            self._unseen = True
        steps = list(self._walk.steps(publish.ahead))
        if len(steps) >= MOST:
            steps.sort(key=lambda step: step.task_id != member.workflows[-1])
        for step in steps:
            if (entry := self._entry(step, publish, member)) is not None:
                yield entry

    def _entry(self, step: canvas.Step, publish: Publish, member: Member) -> Entry | None:
        options, headers = step.signature.get("options") or {}, publish.headers
        given = (options.get("headers") or {}).get(HEADER)
        marking = self._marking(step.name)
        if marking is None and isinstance(given, dict):
            marking = Marking()
        if marking is None:
            self._unseen = True
            return None
        grouped = options.get("group_index") is not None
        message = {
            HEADER: given,
            "root_id": headers.get("root_id") or headers.get("id"),
            "group": options.get("group_id") if grouped else None,
            WORKFLOW: headers.get(WORKFLOW),  # with the owner of the named tasks
        }
        identity = identity_of(None, step.name, marking, (), {}, message)
        identity = identity._replace(member=member._replace(unseen=self._unseen))
        return None, step.task_id, (ev.Planned(identity=identity, sent_again=not publish.goes_on),)

    def _marking(self, name: str) -> Marking | None:
        """A task's marking without its functions, since their arguments are not known yet."""
        if name not in self._markings:
            tracker = self._tracker
            if name not in tracker.app._tasks and not tracker.excluded(name):
                remote_tasks.look_for(tracker, name)
            found = tracker.marking(name)
            self._markings[name] = None if found is None else _constant(found)
        return self._markings[name]

    def _look_at_backend(self, ahead: canvas.Embed) -> None:
        """Notes whether Celery's polling task, which has no record, starts the bodies of chords."""
        if self._checked or not canvas.joins(ahead):
            return
        self._checked = True
        apply_chord = self._tracker.app.backend.apply_chord
        if getattr(apply_chord, "__func__", None) is Backend.apply_chord:
            self._unseen = True


def _constant(marking: Marking) -> Marking:
    values = {name: value for name, value in marking.values.items() if not callable(value)}
    return Marking(**values, results=marking.results, workflow=marking.workflow)


def _begin(
    process: Process, entries: Sequence[Entry], planned: Iterable[Entry]
) -> list[Applied | None]:
    """Creates the records of messages before they are published, and of planned tasks as far as one
    call takes; the sender's thread creates the others. Returns the results for the messages."""
    # All are made here: what they are made of changes with the canvas's next messages.
    several = [*entries, *planned]
    most = max(MOST, len(entries) + 1)
    try:
        applied = process.sender.record_together(several[:most]) if several else []
    finally:  # a job's soft time limit stops no publish
        if several[most:]:
            process.sender.plan(iter(several[most:]))
    return applied[: len(entries)]


def not_sent(publish: Publish, error: BaseException, identity: ev.Identity | None = None) -> None:
    """Records Failed after a publish raised, unless a run has started: the message may have been
    sent nevertheless. Ends the planned records of the tasks that the message names.

    While the store does not answer the event is kept, and makes a record with the task's identity
    if there is none.
    """
    tracker = publish.tracker
    if (process := tracker.process) is None:
        return
    identity = publish.created.identity if publish.created is not None else identity
    if identity is not None and publish.attempt is not None:
        message = text(tracker.settings.locale, "not_published", reason=described(error))
        failed = ev.Failed(
            error_message=message, cause=NOT_PUBLISHED, identity=identity, attempt=publish.attempt
        )
        process.sender.record(None, publish.headers["id"], failed)
    end_ahead(tracker, process, publish.ahead, str(publish.headers.get("task")), cancelled=False)


def end(tracker: Tracker, process: Process, request: Any, name: str, cancelled: bool) -> None:
    """Ends the planned records of the tasks that were to run after a task that has not completed.
    The sender's thread does it."""
    if member_in(request) is None:
        return
    end_ahead(tracker, process, ahead_of(request), name, cancelled)


def end_after_revoke(
    tracker: Tracker, process: Process, request: Any, name: str, *, goes_on: bool = False
) -> None:
    """As `end`, for a task with REVOKED in Celery: its chord fails there; of the other steps Celery
    stores no end, and their records are cancelled, unless a run of the task goes on."""
    if member_in(request) is None:
        return
    ahead = ahead_of(request)
    end_ahead(tracker, process, canvas.Embed(chord=ahead.chord), name, cancelled=False)
    if not goes_on:
        end_ahead(tracker, process, ahead._replace(chord=None), name, cancelled=True)


def end_ahead(
    tracker: Tracker, process: Process, ahead: canvas.Embed, name: str, cancelled: bool
) -> None:
    """As `end`, for the tasks that run after a message's task."""
    if not any(ahead):
        return
    message = text(tracker.settings.locale, "upstream", name=name)
    unreached = ev.NeverPublished(error_message=message, cause=UPSTREAM, cancelled=cancelled)
    process.sender.end_planned((step.task_id for step in canvas.steps(ahead)), unreached)
