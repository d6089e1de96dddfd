"""Stores events for webhooks: ends and warnings of tasks, and which workflows may have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from ...operations import webhooks
from ...operations.commit import Given, Part
from ...record import events as ev
from ...record import webhook_event
from ...record.document import body_of
from ...record.webhook_target import Target
from ...settings import Settings
from .change import Change, CommitPart, of_a_member

#: The events that may end a record.
_ENDS: Final[frozenset[type[ev.Event]]] = frozenset(
    (
        *(ev.Completed, ev.Failed, ev.Cancelled, ev.Ignored),
        *(ev.Lost, ev.Expired, ev.NeverPublished, ev.WorkflowRequested),
    )
)


def webhook_events(targets: Callable[[], tuple[Target, ...]], settings: Settings) -> CommitPart:
    """The events of a change for each target that wants them, with the body of the stored
    document."""
    source = webhook_event.source_of(settings.key_prefix)

    def parts(change: Change) -> Iterator[Part]:
        after, notices = change.after, list[webhooks.Notice]()
        for kind in webhook_event.kinds(change.before, after):
            about = after.task_type, kind, after.owner
            names = [target.name for target in targets() if target.wants(*about)]
            if names:
                # Each time it is sent it has the same id; another end has another.
                its_id = webhook_event.event_id(after.task_id, after.attempt, after.revision, kind)
                time = after.completed_at if after.ended else getattr(after.warnings, kind, None)
                data = body_of(change.document)
                body = webhook_event.body("task", kind, its_id, after.task_id, time, source, data)
                notices += [webhooks.Notice(name, its_id, body) for name in names]
        if notices:
            yield Part("webhook_event", lambda keys: webhooks.stored(keys, notices))

    return CommitPart(parts, _ENDS | {ev.Warned})


def _ended_workflows(change: Change) -> Iterator[Part]:
    """The workflows in which a member has ended: the sender looks whether they have ended too."""
    after, workflows = change.after, change.facets_after.workflows
    if workflows and after.ended and webhook_event.kinds(change.before, after):
        about = {"most": webhooks.MOST, "kept": webhooks.KEPT_MS}, (), workflows
        yield Part("ended_workflow", lambda keys: Given({"ended": keys.may_have_ended}, *about))


ENDED_WORKFLOWS = CommitPart(_ended_workflows, _ENDS, of_a_member)
