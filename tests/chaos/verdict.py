"""Whether a record and Celery's result backend agree, once all is calm; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ENDS = {"completed": "SUCCESS", "error": "FAILURE", "cancelled": "REVOKED"}
_ENDED = frozenset(ENDS.values())
#: What a job notes if Celery ends its process.
ENDED = "raised SystemExit"


@dataclass(frozen=True)
class Case:
    """All that is known of one job."""

    task_id: str
    #: Celery's state; PENDING is "nothing known".
    state: str
    #: The stored document.
    record: dict[str, Any] | None = None
    #: What the job itself noted.
    facts: Sequence[str] = ()
    #: Whether the publish raised; None: beat published it, and only beat knows.
    raised: bool | None = False
    #: Whether a process that ran it is there yet.
    alive: bool = False
    #: Whether its message comes again until a worker is done with it, and a worker had it. (Kombu
    #: takes it from its list first, and then notes it as not acknowledged.)
    again: bool = False
    #: Whether what Celery stored is that the process which ran it died.
    killed: bool = False


@dataclass(frozen=True)
class Verdict:
    """What it comes to: a row of the final table, and whether it is right."""

    row: str
    right: bool = True


def judge(case: Case) -> Verdict:
    """The verdict on one job."""
    if case.record is None:
        return _without_record(case)
    status, control = case.record["status"], case.record.get("control") or {}
    if status not in ENDS:
        return _unended(case, status)
    if (control.get("by"), control.get("reason")) == ("celery", "terminated"):
        return Verdict("cancelled by a termination that was not requested", right=False)
    if case.state == ENDS[status]:
        return Verdict(f"{status}, as the result backend says ({case.state})")
    if status == "error":
        return _error(case, case.record)
    if status == "cancelled":
        return _cancelled(case, control)
    return Verdict(f"{status}, but the result backend says {case.state}", right=False)


def _error(case: Case, record: dict[str, Any]) -> Verdict:
    """An error of which the result backend says nothing, or something else."""
    endless = case.state not in _ENDED
    match record.get("error_cause"):
        case "lost":
            return _lost(case, record)
        case "not_published":
            right = endless and case.raised is not False and not case.facts
            return Verdict(f"error: its publish raised, {_end(case)}", right)
        case "internal_error":
            # Celery could not store the run's end (or its start), gave up and logged nothing; or
            # it stored one afterwards of a run that it had ended by itself.
            right = endless or _let_go(case)
            return Verdict(f"error: Celery failed around the body, {_end(case)}", right)
        case "rejected" if endless and "raised Reject" in case.facts:  # a retry that never left
            return Verdict("error: its retry could not leave; Celery could not store that")
        case "exception" if endless and "raised ValueError" in case.facts:  # the job's own
            # The signal came all the same, the store was away.
            return Verdict("error, as the job raised; Celery could not store that")
    return Verdict(f"error, but the result backend says {case.state}", right=False)


def _lost(case: Case, record: dict[str, Any]) -> Verdict:
    if record.get("worker") is None and _let_go(case):
        # It lost its broker, and was to run its message again; Celery could not store that, took
        # the end of the process for a revoke, and acknowledged the message.
        return Verdict("lost: Celery ended the run by itself and let go of its message (REVOKED)")
    if case.state in _ENDED:
        return Verdict(f"lost, but the result backend says {case.state}", right=False)
    worker = record.get("worker")
    if not worker or worker not in (record["error_message"] or ""):
        return Verdict("lost, but the worker is not named", right=False)
    if "returned" in case.facts:
        # Its process died between the return and the first report of it.
        return Verdict("lost after its return, which was reported nowhere")
    return Verdict("lost: its worker died and is named")


def _let_go(case: Case) -> bool:
    """Whether Celery ended a run by itself, and stored that."""
    return case.state == "REVOKED" and ENDED in case.facts


def _cancelled(case: Case, control: dict[str, Any]) -> Verdict:
    if control.get("reason") == "Ignore":
        right = case.state not in _ENDED
        return Verdict(f"ignored (Celery stores no end), {_end(case)}", right=right)
    if control.get("by") != "api":
        return Verdict(f"cancelled, but the result backend says {case.state}", right=False)
    received = any(fact.startswith("received") for fact in case.facts)
    if received and case.killed:
        # Between the job's receipt of it and the first report of that to the worker's main process.
        return Verdict("cancelled, which it received; its process died (the result backend)")
    if case.state in _ENDED:
        # The request came after the job's last look. It stands, and so does the result.
        return Verdict(
            f"cancelled too late: the job had its end ({case.state})", right=not received
        )
    return Verdict("cancelled; its worker died, or no message of it is left, before it knew")


def _unended(case: Case, status: str) -> Verdict:
    if _began_unrecorded(case):
        # The store was away when it began, its process died before the store was back, and Celery
        # stored no end: no process is left that knows of its start.
        return Verdict(
            f"{status}: it began and died unrecorded while the store was away", _dead(case)
        )
    if _waits_for_its_retry(case):
        # As a message that died before the first run: see below.
        return Verdict("running, waits for its retry: that message died with its worker")
    if status != "created":
        return Verdict(f"{status}, left over; {_end(case)}", right=False)
    if case.state in _ENDED:
        return Verdict(f"created, but the result backend says {case.state}", right=False)
    if case.raised:
        return Verdict("created, but its publish raised: it never left", right=False)
    if case.again and not case.facts:
        return Verdict("created: it never ran, though its message comes again", right=False)
    # The message was taken (and acknowledged) by a worker that was killed before the body began.
    # To a store this looks like a task that still waits; only the broker has the difference.
    return Verdict("created: its message died with the worker that took it")


def _began_unrecorded(case: Case) -> bool:
    """Whether no run holds the record, and a run began of which it knows nothing."""
    assert case.record is not None
    began = sum(fact.startswith("began") for fact in case.facts)
    unheld = case.record.get("worker") is None and case.record["status"] in ("created", "running")
    return unheld and began > case.record["attempt"] and case.state not in _ENDED


def _waits_for_its_retry(case: Case) -> bool:
    """Whether the run that reported last asked to be run again, and no run holds the record."""
    unheld = case.record["status"] == "running" and case.record.get("worker") is None
    return unheld and case.state == "RETRY" and list(case.facts)[-1:] == ["raised Retry"]


def _without_record(case: Case) -> Verdict:
    """The store was away at the publish; the first run makes the record then, if it is recorded."""
    if case.facts:
        return Verdict(
            f"no record: it ran unheard while the store was away; {_end(case)}", _dead(case)
        )
    if case.killed:
        # Its worker, which stored that, was killed before the store was back.
        return Verdict("no record: its process died before it began; the store was away")
    if case.state in _ENDED:
        return Verdict(f"no record, but the result backend says {case.state}", right=False)
    if case.raised:
        return Verdict("no record: its publish raised, the store was away")
    return Verdict("no record: the store was away at its publish, its message died")


def _dead(case: Case) -> bool:
    """What a living process did must be known."""
    return not case.alive


def _end(case: Case) -> str:
    return f"result backend {case.state if case.state in _ENDED else 'without an end'}"
