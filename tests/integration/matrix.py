"""What becomes of a task's record, whatever becomes of the task: one table.

The tests provoke every row on real workers; the documentation's table is printed from it:
`python -m tests.integration.matrix`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.integration import killings as k
from tests.integration import provocations as p
from tests.integration.jobs import RESULTS

POOLS = ("prefork", "threads", "gevent", "solo")


@dataclass(frozen=True)
class Seen:
    """A record: `message` is a regular expression, of an error's error_message, else of
    current_status; None is not looked at."""

    status: str
    cause: str | None = None
    message: str | None = None
    results: Mapping[str, object] | None = None
    attempt: int | None = None


@dataclass(frozen=True)
class Row:
    """`during`: at the job's gate, or while it waits; None where there is no such moment.

    `elsewhere` says what a pool makes of it instead of `after`; None: the row isn't possible there.
    """

    case: str
    how: str
    provoke: Callable[[Any], Iterator[str]]
    after: Seen
    during: Seen | None = None
    elsewhere: Mapping[str, Seen | None] = field(default_factory=dict)

    def on(self, pool: str) -> Seen | None:
        """How it ends on this pool."""
        return self.elsewhere.get(pool, self.after)


QUEUED = Seen("created")
RUNNING = Seen("running", message="half way")
COMPLETED = Seen("completed", message="^完了しました$", results=RESULTS)
AGAIN = Seen("completed", message="^完了しました$", results=RESULTS, attempt=2)
REVOKED = Seen("cancelled", message="^タスクは取り消されました$")
EXPIRED = Seen("cancelled", message="^タスクの有効期限が切れました$")
UNKNOWN = Seen("error", "unknown_task", "^未登録のタスクです: nobody.knows.it$")
LOST_CHILD = Seen("error", "worker_lost", "^WorkerLostError: ")
NOT_PUBLISHED = Seen("error", "not_published", "^タスクを送信できませんでした: ")
EXITED = Seen("error", "exception", "^SystemExit: 3$")
CANCELLED_ERROR = Seen("error", "exception", "CancelledError")
NO_LIMITS = {"threads": COMPLETED, "solo": COMPLETED}
PREFORK_ONLY = dict.fromkeys(("threads", "gevent", "solo"))


def failed(message: str) -> Seen:
    return Seen("error", "exception", message)


#: What a task of a worker that lives brings about itself.
UNSEEN_BY_GUARD_HEADERS = (
    Row("returns", "the body returns a dict", p.ends_with("return"), COMPLETED, RUNNING),
    Row("returns something else", "the returned value is not a dict", p.ends_with("return", 7),
        Seen("completed", results={"result": 7}), RUNNING),
    Row("raises", "the body raises", p.ends_with("raises"), failed("^ValueError: no such symbol$"),
        RUNNING),
    Row("result cannot be stored", "the returned value is not JSON", p.ends_with("unencodable"),
        failed("^EncodeError: "), RUNNING),
    Row("result backend unreachable",
        "Celery gives up storing the result, and only sends `task_internal_error`",
        p.ends_with("return", job="job_result_refused"),
        Seen("error", "internal_error", "^ConnectionError: no route to the results$"), RUNNING),
    Row("retries", "`raise self.retry(exc)`, twice", p.runs_again("retries", 2),
        Seen("completed", results=RESULTS, attempt=3),
        Seen("running", message="^[12] 秒後に [23]/3 回目の試行: ValueError: busy$")),
    Row("retries exhausted", "`raise self.retry(exc, max_retries=1)` each time",
        p.runs_again("retries_in_vain"),
        Seen("error", "exception", "^ValueError: busy$", attempt=2)),
    Row("autoretry", "raises once with `autoretry_for`",
        p.runs_again("breaks_once", job="job_autoretry"), AGAIN,
        Seen("running", message="^[12] 秒後に 2/2 回目の試行: ConnectionError: no route$")),
    Row("autoretry exhausted", "raises each time with `autoretry_for`",
        p.runs_again("breaks", job="job_autoretry"),
        Seen("error", "exception", "^ConnectionError: no route$", attempt=2)),
    Row("raises Ignore", "`raise Ignore`", p.ends_with("ignores"),
        Seen("cancelled", message="^タスクがキャンセルされました$"), RUNNING),
    Row("rejects its message", "`raise Reject(requeue=False)`, acks_late",
        p.ends_with("rejects", job="job_late"), Seen("error", "rejected", "broken row"), RUNNING),
    Row("rejects an acknowledged message", "`raise Reject(requeue=False)`", p.ends_with("rejects"),
        Seen("error", "rejected", "broken row"), RUNNING),
    Row("sends its message back", "`raise Reject(requeue=True)` once, acks_late",
        p.ends_with("requeues_once", job="job_late"), AGAIN, RUNNING),
    Row("replaced", "`raise self.replace(task)`", p.ends_with("replaced"),
        Seen("completed", results={"replaced": 1}, attempt=2), RUNNING),
    Row("replaced by a chain", "`raise self.replace(chain)`", p.ends_with("replaced_by_chain"),
        Seen("completed", results={"replaced": 2}, attempt=2), RUNNING),
    Row("replaced by a group", "`raise self.replace(group)`: the task ends with its last member",
        p.ends_with("replaced_by_group"), Seen("completed", results={"result": [1, 2]}, attempt=2),
        RUNNING),
    Row("exits", "`raise SystemExit`", p.ends_with("exits"), LOST_CHILD, RUNNING,
        {"threads": EXITED, "gevent": EXITED, "solo": None}),
    Row("raises a BaseException", "for example asyncio.CancelledError",
        p.ends_with("leaves"), CANCELLED_ERROR, RUNNING, {"solo": None}),
    Row("after_return raises", "in the task's class",
        p.ends_with("return", job="job_after_return_raises"), COMPLETED, RUNNING),
    Row("on_success raises", "in the task's class",
        p.ends_with("return", job="job_on_success_raises"), COMPLETED, RUNNING),
    Row("before_start raises", "in the task's class",
        p.never_runs("job_before_start_raises"), failed("^RuntimeError: before_start$")),
    Row("ignore_result", "no result is stored", p.ends_with("return", job="job_ignored"),
        Seen("completed", message=COMPLETED.message, results={}), RUNNING),
    Row("a second copy after success", "the queue had the message twice",
        p.message_came_twice("return"), Seen("completed", results=RESULTS, attempt=1)),
    Row("a second copy after an error", "the queue had the message twice",
        p.message_came_twice("raises"), Seen("error", "exception", attempt=2)),
)  # fmt: skip
#: What is done to a task of a living worker: limits, revokes, a killed child, the broker.
OUTER = (
    Row("soft time limit", "runs longer than `soft_time_limit`",
        p.ends_with("hangs", 4, soft_time_limit=2),
        Seen("error", "time_limit", "^SoftTimeLimitExceeded"), RUNNING,
        {**NO_LIMITS, "gevent": COMPLETED}),
    Row("hard time limit", "runs longer than `time_limit`", p.ends_with("hangs", 4, time_limit=2),
        Seen("error", "time_limit", "^TimeLimitExceeded"), RUNNING, NO_LIMITS),
    Row("expired", "its `expires` has passed", p.never_runs(expires=-1), EXPIRED),
    Row("revoked in the queue", "`revoke()` before a worker receives it", p.revoked_before_receipt,
        REVOKED),
    Row("revoked before its ETA",
        "`revoke()` while it waits in the worker; recorded at the ETA", p.revoked_before_eta,
        REVOKED, QUEUED),
    Row("revoked while running", "`revoke()` without terminate", p.revoked_running(), COMPLETED,
        RUNNING),
    Row("terminated", "`revoke(terminate=True)` while it runs", p.terminated("SIGTERM"), REVOKED,
        RUNNING, NO_LIMITS),
    Row("terminated, SIGKILL", '`revoke(terminate=True, signal="SIGKILL")` while it runs',
        p.terminated("SIGKILL"), REVOKED, RUNNING, NO_LIMITS),
    Row("child killed", "kill -9 of the pool's process", p.child_killed("job"), LOST_CHILD,
        RUNNING, PREFORK_ONLY),
    Row("child killed, acks_late", "the same", p.child_killed("job_late"), LOST_CHILD, RUNNING,
        PREFORK_ONLY),
    Row("child killed, reject_on_worker_lost", "the same, and acks_late",
        p.child_killed("job_late_again", again=True, lost=1), AGAIN, RUNNING, PREFORK_ONLY),
    Row("child killed, retry_on_worker_lost", "the same",
        p.child_killed("job_retried_when_lost", again=True), AGAIN, RUNNING, PREFORK_ONLY),
    Row("not published", "`apply_async` raises", p.not_published, NOT_PUBLISHED),
    Row("unknown task", "no worker knows its name", p.unknown, UNKNOWN),
)  # fmt: skip
#: Ways that a task is sent besides a plain message: they change nothing of what is recorded.
SENT = (
    Row("applied eagerly", "`apply()`, or `task_always_eager`", p.eagerly, COMPLETED),
    Row("in a group", "a member of `group(…)`", p.in_a_group, COMPLETED, RUNNING),
    Row("in a chain", "a later task of `chain(…)`", p.in_a_chain, COMPLETED, RUNNING),
    Row("after a chord", "the body of `chord(…)`", p.after_a_chord, COMPLETED, RUNNING),
    Row("sent again", "`apply_async` with the id of a task that has ended", p.again,
        Seen("completed", message=COMPLETED.message, results=COMPLETED.results, attempt=2)),
)  # fmt: skip
LIVE = (*UNSEEN_BY_GUARD_HEADERS, *OUTER, *SENT)
LOST = Seen("error", "lost", "^ワーカー [a-z_]+@tests が応答しなくなりました$")

#: Of a worker that dies: prefork, PROGRESS_LEASE_S=3; the visibility timeout passes for a message
#: when its row says so.
DYING = (
    Row("worker killed", "kill -9 of worker and children", k.killed("job"), LOST, RUNNING),
    Row("worker killed, acks_late",
        "the same; the broker delivers the message again after the visibility timeout",
        k.killed("job_late", again=True), AGAIN, RUNNING),
    Row("worker killed as it retries", "`self.retry()`, kill -9 before the message is published",
        k.dies("dies_retrying"), LOST, RUNNING),
    Row("worker killed as it replaces",
        "`self.replace()`, kill -9 before the message is published", k.dies("dies_replaced"), LOST,
        RUNNING),
    Row("worker killed under a replacement",
        "a step calls `self.replace(chain)`, kill -9 of the worker with the chain's first task",
        k.killed_under_its_replacement, Seen("error", "upstream"), Seen("running")),
    Row("worker killed around an eager run",
        "`apply()` in a task's body, kill -9 of worker and children", k.killed_around, LOST,
        RUNNING),
    Row("warm shutdown", "SIGTERM", k.warm, COMPLETED, RUNNING),
    Row(
        "cold shutdown",
        "SIGQUIT",
        k.cold("job"),
        # Found by the others, or by the worker itself before its process ends.
        Seen("error", "lost", "^ワーカー cold_shutdown@tests [がは]"),
        RUNNING,
    ),
    Row("cold shutdown, acks_late", "SIGQUIT; the broker delivers the message again",
        k.cold("job_late", again=True), AGAIN, RUNNING),
    Row("worker exits", "`raise SystemExit` in a solo pool", k.dies("exits"),
        Seen("error", "exception", "^SystemExit: 3$"), RUNNING),
    Row("two runs at once", "acks_late, and the visibility timeout passes while it runs", k.twice,
        Seen("completed", results={"run": 2}, attempt=2), Seen("running", attempt=1)),
)  # fmt: skip
ROWS: tuple[Row, ...] = (*LIVE, *DYING)


def markdown() -> Iterator[str]:
    """The table, line by line."""
    yield "| what happens | how | meanwhile | in the end |"
    yield "|---|---|---|---|"
    for row in ROWS:
        ends = [text_of(row.after)]
        for pool in POOLS:
            if pool in row.elsewhere:
                other = row.elsewhere[pool]
                ends.append(f"{pool}: {'–' if other is None else text_of(other)}")
        meanwhile = "–" if row.during is None else text_of(row.during)
        yield f"| {row.case} | {row.how} | {meanwhile} | {'; '.join(ends)} |"


def text_of(seen: Seen) -> str:
    """A status, with the cause of an error."""
    return f"{seen.status} ({seen.cause})" if seen.cause else seen.status


if __name__ == "__main__":
    print("\n".join(markdown()))
