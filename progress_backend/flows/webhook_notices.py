"""What a commit leaves for webhooks: pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..operations.webhooks import Notice, Told
from ..record import webhook_event
from ..record.document import body_of
from ..record.model import Task
from ..record.webhook_target import Target


def told(
    targets: Sequence[Target], before: Task | None, after: Task, document: bytes, source: str
) -> Told | None:
    """The events of a change for each target that asks for them, with the body of the stored
    document; None for none."""
    kinds = webhook_event.kinds(before, after)
    notices = []
    for kind in kinds:
        about = after.task_type, kind, after.owner
        names = [target.name for target in targets if target.wants(*about)]
        if names:
            its_id, time = webhook_event.id_of_task(after, kind), webhook_event.time_of(after, kind)
            data = body_of(document)
            body = webhook_event.body("task", kind, its_id, after.task_id, time, source, data)
            notices += [Notice(name, its_id, body) for name in names]
    workflows: tuple[str, ...] = ()
    if kinds and after.ended and after.member is not None:
        workflows = after.member.workflows if any(t.wants_workflows for t in targets) else ()
    return Told(tuple(notices), workflows) if notices or workflows else None
