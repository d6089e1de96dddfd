"""Records of tasks whose messages leave later: those that a canvas' first messages name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from celery.backends.base import Backend

from ..record import canvas
from ..record import events as ev
from ..record.default_texts import text
from ..record.model import UPSTREAM
from ..runs.writer import Entry
from . import remote_tasks
from .decorator import HEADER, Marking
from .identity import WORKFLOW, identity_of, member_in
from .membership import Joined, ahead_of
from .process import Process
from .tracker import Tracker

#: Records that one call begins, those of the messages themselves included; the rest is begun by the
#: sender's thread.
MOST: Final = 1_000


class Plan:
    """The planned records of one canvas, whose messages are read one by one."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._walk = canvas.Walk()
        self._markings: dict[str, Marking | None] = {}
        #: Whether tasks without a record run before those that are planned next.
        self._unseen = False
        self._checked = False

    def ahead(self, joined: Joined, headers: dict[str, Any], tracked: bool) -> Iterator[Entry]:
        """The events that begin the records of the tasks which a message names, the workflow's own
        task first."""
        self._look_at_backend(joined.ahead)
        if not tracked:
            self._unseen = True
        steps = list(self._walk.steps(joined.ahead))
        if len(steps) >= MOST:
            last = joined.member.workflows[-1]
            steps.sort(key=lambda step: step.task_id != last)
        root = headers.get("root_id") or headers.get("id")
        within = headers.get(WORKFLOW)  # its owner is theirs
        return (entry for step in steps if (entry := self._entry(step, joined, root, within)))

    def name(self, joined: Joined) -> str | None:
        """The name that the marking of a workflow's own task gives to the workflow: of the step
        whose result the caller holds. A group has none."""
        own = joined.member.workflows[-1]
        last = (step.name for step in canvas.steps(joined.ahead) if step.task_id == own)
        marking = None if (name := next(last, None)) is None else self._marking(name)
        return None if marking is None else marking.workflow

    def _entry(self, step: canvas.Step, joined: Joined, root: Any, within: Any) -> Entry | None:
        options = step.signature.get("options") or {}
        given = (options.get("headers") or {}).get(HEADER)
        marking = self._marking(step.name)
        if marking is None and isinstance(given, dict):
            marking = Marking()
        if marking is None:
            self._unseen = self._unseen or not step.name.startswith("celery.")
            return None
        grouped = options.get("group_index") is not None
        message = {HEADER: given, "root_id": root, "group": options.get("group_id")}
        message[WORKFLOW] = within
        if not grouped:
            message["group"] = None
        identity = identity_of(None, step.name, marking, (), {}, message)
        identity = identity._replace(member=joined.member._replace(unseen=self._unseen))
        return None, step.task_id, (ev.Planned(identity=identity, anew=not joined.goes_on),)

    def _marking(self, name: str) -> Marking | None:
        """A task's marking with its constants alone: a function of it needs the arguments."""
        if name not in self._markings:
            tracker = self._tracker
            if name not in tracker.app._tasks and not tracker.excluded(name):
                remote_tasks.look_for(tracker, name)
            found = tracker.marking(name)
            self._markings[name] = None if found is None else _constant(found)
        return self._markings[name]

    def _look_at_backend(self, ahead: canvas.Embed) -> None:
        """Notes whether a task of Celery's, which polls, begins the bodies of chords."""
        if self._checked or not canvas.joins(ahead):
            return
        self._checked = True
        apply_chord = self._tracker.app.backend.apply_chord
        if getattr(apply_chord, "__func__", None) is Backend.apply_chord:
            self._unseen = True


def _constant(marking: Marking) -> Marking:
    values = {name: value for name, value in marking.values.items() if not callable(value)}
    return Marking(**values, results=marking.results, workflow=marking.workflow)


def begin(process: Process, entries: Sequence[Entry], planned: Iterable[Entry]) -> list[Any]:
    """Begins the records of messages that are about to leave, with planned ones as far as one call
    takes; the sender's thread begins the others. Returns what became of the first."""
    planned = iter(planned)
    own: list[Entry] = []
    for entry in planned:
        own.append(entry)
        if len(entries) + len(own) >= MOST:
            break
    begun = process.sender.record_together([*entries, *own]) if entries or own else []
    rest = next(planned, None)
    if rest is not None:
        process.sender.plan(chain([rest], planned))
    return begun[: len(entries)]


def end(tracker: Tracker, process: Process, request: Any, name: str, cancelled: bool) -> None:
    """Ends the records of the tasks that were to follow one which has not completed, as far as they
    are still planned. The sender's thread does it."""
    if member_in(request) is None:
        return
    end_ahead(tracker, process, ahead_of(request), name, cancelled)


def end_after_revoke(tracker: Tracker, process: Process, request: Any, name: str) -> None:
    """As `end`, of a task for which Celery has stored REVOKED: a chord that it is in fails in
    Celery, of the other steps Celery stores no end."""
    if member_in(request) is None:
        return
    ahead = ahead_of(request)
    end_ahead(tracker, process, canvas.Embed(chord=ahead.chord), name, cancelled=False)
    end_ahead(tracker, process, ahead._replace(chord=None), name, cancelled=True)


def end_ahead(
    tracker: Tracker, process: Process, ahead: canvas.Embed, name: str, cancelled: bool
) -> None:
    """As `end`, of what is ahead of a message."""
    if ahead.says_nothing:
        return
    message = text(tracker.settings.locale, "upstream", name=name)
    unreached = ev.Unreached(error_message=message, cause=UPSTREAM, cancelled=cancelled)
    process.sender.end_planned((step.task_id for step in canvas.steps(ahead)), unreached)
