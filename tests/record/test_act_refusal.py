"""Codes of what refuses an act on a task."""

import pytest

from progress_backend.errors import (
    ConcurrentUpdate,
    ForeignValue,
    HeldByWorker,
    InvalidEvent,
    ProgressError,
    TaskAlreadyFinished,
    TaskNotFound,
    TooLarge,
    TransitionRefused,
    WorkflowNotFound,
)
from progress_backend.record.act_refusal import CODES, code_of


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TaskAlreadyFinished("over", "completed"), "completed"),
        (TransitionRefused("no", "created"), "created"),
        (TransitionRefused("no", "of a newer version"), "failed"),
        (HeldByWorker("job", "running", "lease", "worker"), "running"),
        (TaskNotFound("job"), "not_found"),
        (WorkflowNotFound("flow"), "not_found"),
        (ConcurrentUpdate("job", 9), "changed_by_others"),
        (TooLarge("large"), "too_large"),
        (ForeignValue("job", "no JSON"), "unreadable"),
        (InvalidEvent("no"), "failed"),
        (ProgressError("no"), "failed"),
    ],
)
def test_each_error_has_its_code(error: ProgressError, code: str) -> None:
    assert code_of(error) == code
    assert code in CODES
