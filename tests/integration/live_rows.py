"""The rows of a worker that lives: first what a task brings about itself."""

from tests.integration import provocations as p
from tests.integration.jobs import RESULTS
from tests.integration.outer_rows import OUTER
from tests.integration.row import (
    AGAIN,
    CANCELLED_ERROR,
    COMPLETED,
    EXITED,
    LOST_CHILD,
    RUNNING,
    Row,
    Seen,
    failed,
)
from tests.integration.sent_rows import SENT

ITSELF = (
    Row("returns", "the body returns a dict", p.ends_with("return"), COMPLETED, RUNNING),
    Row(
        "returns something else",
        "the body returns no dict",
        p.ends_with("return", 7),
        Seen("completed", results={"result": 7}),
        RUNNING,
    ),
    Row(
        "raises",
        "the body raises",
        p.ends_with("raises"),
        failed("^ValueError: no such symbol$"),
        RUNNING,
    ),
    Row(
        "result cannot be stored",
        "the body returns what is not JSON",
        p.ends_with("unencodable"),
        failed("^EncodeError: "),
        RUNNING,
    ),
    Row(
        "result backend away",
        "Celery gives up storing the result, and only sends `task_internal_error`",
        p.ends_with("return", job="job_result_refused"),
        Seen("error", "internal_error", "^ConnectionError: no route to the results$"),
        RUNNING,
    ),
    Row(
        "retries",
        "`raise self.retry(exc)`, twice",
        p.runs_again("retries", 2),
        Seen("completed", results=RESULTS, attempt=3),
        Seen("running", message="^[12] 秒後に [23]/3 回目の試行: ValueError: busy$"),
    ),
    Row(
        "retries exhausted",
        "`raise self.retry(exc, max_retries=1)` each time",
        p.runs_again("retries_in_vain"),
        Seen("error", "exception", "^ValueError: busy$", attempt=2),
    ),
    Row(
        "autoretry",
        "raises once with `autoretry_for`",
        p.runs_again("breaks_once", job="job_autoretry"),
        AGAIN,
        Seen("running", message="^[12] 秒後に 2/2 回目の試行: ConnectionError: no route$"),
    ),
    Row(
        "autoretry exhausted",
        "raises each time with `autoretry_for`",
        p.runs_again("breaks", job="job_autoretry"),
        Seen("error", "exception", "^ConnectionError: no route$", attempt=2),
    ),
    Row(
        "ignores itself",
        "`raise Ignore`",
        p.ends_with("ignores"),
        Seen("cancelled", message="^タスクがキャンセルされました$"),
        RUNNING,
    ),
    Row(
        "rejects its message",
        "`raise Reject(requeue=False)`, acks_late",
        p.ends_with("rejects", job="job_late"),
        Seen("error", "rejected", "broken row"),
        RUNNING,
    ),
    Row(
        "rejects an acknowledged message",
        "`raise Reject(requeue=False)`",
        p.ends_with("rejects"),
        Seen("error", "rejected", "broken row"),
        RUNNING,
    ),
    Row(
        "sends its message back",
        "`raise Reject(requeue=True)` once, acks_late",
        p.ends_with("requeues_once", job="job_late"),
        AGAIN,
        RUNNING,
    ),
    Row(
        "replaced",
        "`raise self.replace(task)`",
        p.ends_with("replaced"),
        Seen("completed", results={"replaced": 1}, attempt=2),
        RUNNING,
    ),
    Row(
        "replaced by a chain",
        "`raise self.replace(chain)`",
        p.ends_with("replaced_by_chain"),
        Seen("completed", results={"replaced": 2}, attempt=2),
        RUNNING,
    ),
    Row(
        "replaced by a group",
        "`raise self.replace(group)`: the task ends with its last member",
        p.ends_with("replaced_by_group"),
        Seen("completed", results={"result": [1, 2]}, attempt=2),
        RUNNING,
    ),
    Row(
        "exits",
        "`raise SystemExit`",
        p.ends_with("exits"),
        LOST_CHILD,
        RUNNING,
        {"threads": EXITED, "gevent": EXITED, "solo": None},
    ),
    Row(
        "raises no Exception",
        "`raise asyncio.CancelledError`, for example",
        p.ends_with("leaves"),
        CANCELLED_ERROR,
        RUNNING,
        {"solo": None},
    ),
    Row(
        "after_return raises",
        "the task's class raises there",
        p.ends_with("return", job="job_after_return_raises"),
        COMPLETED,
        RUNNING,
    ),
    Row(
        "on_success raises",
        "the task's class raises there",
        p.ends_with("return", job="job_on_success_raises"),
        COMPLETED,
        RUNNING,
    ),
    Row(
        "before_start raises",
        "the task's class raises there",
        p.never_runs("job_before_start_raises"),
        failed("^RuntimeError: before_start$"),
    ),
    Row(
        "ignore_result",
        "no result is stored",
        p.ends_with("return", job="job_ignored"),
        Seen("completed", message=COMPLETED.message, results={}),
        RUNNING,
    ),
    Row(
        "a second copy after success",
        "the message was there twice",
        p.message_came_twice("return"),
        Seen("completed", results=RESULTS, attempt=1),
    ),
    Row(
        "a second copy after an error",
        "the message was there twice",
        p.message_came_twice("raises"),
        Seen("error", "exception", attempt=2),
    ),
)

LIVE = (*ITSELF, *OUTER, *SENT)
