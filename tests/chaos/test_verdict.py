"""What is right after a storm and what is wrong: the judge must be able to say both."""

from typing import Any

import pytest

from tests.chaos.verdict import Case, judge

WORKER = "w@tests"


def record(status: str, **fields: Any) -> dict[str, Any]:
    given = {"error_cause": None, "error_message": None, "worker": None, "control": None}
    attempt = 0 if status == "created" else 1
    return {"status": status, "attempt": attempt, **given, **fields}


LOST = record("error", error_cause="lost", worker=WORKER, error_message="w@tests fell silent")
LET_GO = record("error", error_cause="lost", error_message="its message did not come again")
UNPUBLISHED = record("error", error_cause="not_published", error_message="no broker")
UNRECORDED = record("error", error_cause="internal_error", error_message="ConnectionError: refused")
REJECTED = record("error", error_cause="rejected", error_message="Reject: no broker")
BY_API = {"by": "api", "reason": "the storm"}
IGNORED = {"by": "celery", "reason": "Ignore"}
RETRYING = ["began, retries 0", "raised Retry"]
BEGAN = ["began, retries 0"]
RECEIVED = [*BEGAN, "received its cancel"]


@pytest.mark.parametrize(
    "case",
    [
        Case("t", "SUCCESS", record("completed")),
        Case("t", "FAILURE", record("error", error_cause="exception")),
        Case("t", "FAILURE", LOST),
        Case("t", "REVOKED", record("cancelled")),
        Case("t", "STARTED", UNRECORDED, ["returned"]),
        Case("t", "PENDING", UNPUBLISHED, raised=True),
        Case("t", "STARTED", record("error", error_cause="exception"), ["raised ValueError"]),
        Case("t", "STARTED", LOST, BEGAN),
        Case("t", "STARTED", LOST, [*BEGAN, "returned"]),
        Case("t", "STARTED", record("cancelled", control=IGNORED)),
        Case("t", "PENDING", record("cancelled", control=BY_API)),
        Case("t", "SUCCESS", record("cancelled", control=BY_API), ["returned"]),
        Case("t", "FAILURE", record("cancelled", control=BY_API), RECEIVED, killed=True),
        Case("t", "REVOKED", LET_GO, [*BEGAN, "raised SystemExit"]),
        Case("t", "REVOKED", UNRECORDED, [*BEGAN, "raised SystemExit", *BEGAN, "returned"]),
        Case("t", "RETRY", record("running"), RETRYING),
        Case("t", "RETRY", record("running"), [*RETRYING, "began, retries 1"]),
        Case("t", "RETRY", record("running"), [*RETRYING, "began, retries 1", "raised Reject"]),
        Case("t", "STARTED", REJECTED, ["raised Reject"]),
        Case("t", "PENDING", record("created")),
        Case("t", "STARTED", record("created"), BEGAN),
        Case("t", "PENDING", None, raised=True),
        Case("t", "PENDING", None),
        Case("t", "SUCCESS", None, BEGAN),
        Case("t", "FAILURE", None, killed=True),
    ],
)
def test_right(case: Case) -> None:
    assert judge(case).right, judge(case).row


@pytest.mark.parametrize(
    "case",
    [
        Case("t", "FAILURE", record("completed")),
        Case("t", "PENDING", record("completed")),
        Case("t", "SUCCESS", record("error", error_cause="exception")),
        Case("t", "PENDING", UNPUBLISHED),
        Case("t", "STARTED", UNPUBLISHED, BEGAN, raised=None),
        Case("t", "STARTED", {**UNRECORDED, "error_cause": "exception"}),
        Case("t", "STARTED", record("error", error_cause="exception"), ["returned"]),
        Case("t", "SUCCESS", LOST),
        Case("t", "REVOKED", LOST, [*BEGAN, "raised SystemExit"]),
        Case("t", "SUCCESS", UNRECORDED, ["returned"]),
        Case("t", "STARTED", {**LOST, "worker": None}),
        Case("t", "STARTED", {**LOST, "error_message": "somebody fell silent"}),
        Case("t", "STARTED", record("cancelled", control={"by": "celery", "reason": "revoked"})),
        Case("t", "SUCCESS", record("cancelled", control=IGNORED)),
        Case("t", "SUCCESS", record("cancelled", control=BY_API), RECEIVED),
        Case("t", "FAILURE", record("cancelled", control=BY_API), RECEIVED),
        Case("t", "STARTED", record("running", worker=WORKER)),
        Case("t", "RETRY", record("running", attempt=2), [*RETRYING, "began, retries 1"]),
        Case("t", "RETRY", record("running"), [*RETRYING, "began, retries 1"], alive=True),
        Case("t", "RETRY", record("running", worker=WORKER), [*RETRYING, "began, retries 1"]),
        Case("t", "STARTED", REJECTED, ["raised Retry"]),
        Case("t", "SUCCESS", REJECTED, ["raised Reject"]),
        Case("t", "SUCCESS", record("running"), RETRYING),
        Case("t", "SUCCESS", record("created"), BEGAN),
        Case("t", "REVOKED", UNRECORDED, [*BEGAN, "returned"]),
        Case("t", "PENDING", record("paused")),
        Case("t", "SUCCESS", record("created")),
        Case("t", "STARTED", record("created"), BEGAN, alive=True),
        Case("t", "PENDING", record("created"), raised=True),
        Case("t", "SUCCESS", None),
        Case("t", "FAILURE", None),
        Case("t", "FAILURE", record("created"), killed=True),
        Case("t", "SUCCESS", None, BEGAN, alive=True),
    ],
)
def test_wrong(case: Case) -> None:
    assert not judge(case).right, judge(case).row
