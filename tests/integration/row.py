"""One row of the matrix, and what its rows say again and again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

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
