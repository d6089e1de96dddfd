"""The request to cancel, pause or resume a whole workflow. Flows; pure.

It is stored in each partition first, with the workflow's figures. From then on the commit of a
member without the request is refused, and tried again with it.
"""

from __future__ import annotations

from datetime import datetime

from ..errors import TaskAlreadyFinished, TransitionRefused, WorkflowNotFound
from ..operations.workflows import direct
from ..record.act import Act, Action
from ..record.workflow_fields import WorkflowBody
from .flow import Flow
from .stored_record import milliseconds
from .task_flows import Records
from .task_lifetimes import MEMBER_TTL_MS
from .workflow_bodies import body_of, figures


def ask(
    flows: Records,
    workflow_id: str,
    action: Action,
    now: datetime,
    *,
    by: str | None = "api",
    reason: str | None = None,
) -> Flow[tuple[WorkflowBody, str | None]]:
    """Stores a request to cancel, pause or resume all members of a workflow. Returns the workflow's
    body after that, and the request's id, for `carry_out`; None for the id if the same was
    requested before.

    From then on no member starts that is to be cancelled or to wait: its commit is refused until
    its record has the request.

    Raises:
        WorkflowNotFound: no member is stored.
        TaskAlreadyFinished: the workflow has ended.
        TransitionRefused: the workflow is being cancelled, and cannot wait or be resumed.
    """
    found = yield from figures(workflow_id, now)
    if found is None:
        raise WorkflowNotFound(workflow_id)
    if not found.open:
        message = f"workflow {workflow_id} has already ended ({found.status})"
        raise TaskAlreadyFinished(message, found.status)
    act = Act.made(action, milliseconds(now), by, flows.redaction.value("reason", reason))
    instead = yield from direct(workflow_id, act, MEMBER_TTL_MS)
    if instead is not None and instead.action != action:
        stands = found._replace(act=instead).status
        message = f"{action} is refused: workflow {workflow_id} has a request to {instead.action}"
        raise TransitionRefused(message, stands)
    found = found._replace(act=instead or act)
    body = yield from body_of(flows, workflow_id, found, now)
    return body, act.id if instead is None else None
