"""The rows of a worker that dies: prefork, PROGRESS_LEASE_S=3; the visibility timeout passes for a
message when its row says so."""

from tests.integration import killings as k
from tests.integration.row import AGAIN, COMPLETED, RUNNING, Row, Seen

LOST = Seen("error", "lost", "^ワーカー [a-z_]+@tests が応答しなくなりました$")

DYING = (
    Row("worker killed", "kill -9 of worker and children", k.killed("job"), LOST, RUNNING),
    Row(
        "worker killed, acks_late",
        "the same; the broker delivers the message again after the visibility timeout",
        k.killed("job_late", again=True),
        AGAIN,
        RUNNING,
    ),
    Row(
        "worker killed as it retries",
        "`self.retry()`, kill -9 before the message is published",
        k.dies("dies_retrying"),
        LOST,
        RUNNING,
    ),
    Row(
        "worker killed as it replaces",
        "`self.replace()`, kill -9 before the message is published",
        k.dies("dies_replaced"),
        LOST,
        RUNNING,
    ),
    Row(
        "worker killed under a replacement",
        "a step's `self.replace(chain)`, kill -9 of the worker that runs the chain's first task",
        k.killed_under_its_replacement,
        Seen("error", "upstream"),
        Seen("running"),
    ),
    Row(
        "worker killed around an eager run",
        "`apply()` in a task's body, kill -9 of worker and children",
        k.killed_around,
        LOST,
        RUNNING,
    ),
    Row("warm shutdown", "SIGTERM", k.warm, COMPLETED, RUNNING),
    Row(
        "cold shutdown",
        "SIGQUIT",
        k.cold("job"),
        # Found by the others, or by the worker itself before its process ends.
        Seen("error", "lost", "^ワーカー cold_shutdown@tests [がは]"),
        RUNNING,
    ),
    Row(
        "cold shutdown, acks_late",
        "SIGQUIT; the broker delivers the message again",
        k.cold("job_late", again=True),
        AGAIN,
        RUNNING,
    ),
    Row(
        "worker exits",
        "`raise SystemExit` in a solo pool",
        k.dies("exits"),
        Seen("error", "exception", "^SystemExit: 3$"),
        RUNNING,
    ),
    Row(
        "two runs at once",
        "acks_late, and the visibility timeout passes while it runs",
        k.twice,
        Seen("completed", results={"run": 2}, attempt=2),
        Seen("running", attempt=1),
    ),
)
