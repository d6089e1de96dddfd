"""What hypothesis makes for the tests: values, identities, events and tasks of every shape."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from progress_backend.record import events as ev
from progress_backend.record.act import ACTIONS, Act
from progress_backend.record.model import (
    KINDS,
    LOST,
    NOT_PUBLISHED,
    STATUSES,
    UPSTREAM,
    Member,
    Task,
    TaskStatus,
    Warnings,
    Worker,
)
from progress_backend.record.work import Work

NOW = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
LEASES = ("lease-1", "lease-2")


class Opaque:
    """A user's object that not even str() can show."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


texts = st.text(max_size=12)  # surrogates included
names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=8)
counts = st.integers(0, 300)
times = st.integers(-400_000, 400_000).map(lambda ms: NOW + timedelta(milliseconds=ms))

plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | names,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
plain_mappings = st.dictionaries(names, plain_values, max_size=3)

#: Anything a job may hand over: what JSON cannot say as well.
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(0, 3).map(lambda n: 10 ** (5_000 * n))
    | st.floats()
    | st.complex_numbers()
    | st.binary(max_size=4)
    | st.datetimes()
    | texts
    | st.builds(Opaque),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.frozensets(st.integers(), max_size=2)
        | st.dictionaries(texts | st.integers() | st.floats() | st.none(), inner, max_size=3)
    ),
    max_leaves=8,
)
mappings = st.dictionaries(texts, values, max_size=3)

workers = st.builds(
    Worker,
    st.sampled_from(LEASES),
    st.just("celery@tests"),
    st.none() | st.just("host"),
    st.none() | st.integers(1, 3),
)
seconds = st.integers(0, 10**7).map(lambda n: n / 1000)
works = st.builds(
    Work,
    counts,
    seconds,
    seconds,
    st.sampled_from([0, 1.5, 700.25]),
    st.sampled_from([(), (2.5, 20.0), (0.0, 1.5, 7.25, 3.0)]),
    st.booleans(),
)
#: Codes of default texts, also such as no text has.
codes = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["completed", "retry_in_of", "retry_at", "lost", "of another"]),
        "args": st.dictionaries(
            st.sampled_from(["number", "limit", "seconds", "time", "reason", "odd"]),
            st.integers() | names | st.just("2024-01-15T10:30:00.000+00:00"),
        ),
    }
)
#: Warnings of any kind, also of kinds that a task's status does not have.
warnings = st.tuples(*(st.none() | times for _ in KINDS)).filter(any).map(Warnings._make)
limits = st.none() | st.sampled_from([1, 60.5])
owners = st.none() | st.sampled_from(["alice", "bob|status=created"])
controls = st.fixed_dictionaries(
    {
        "action": st.sampled_from(["pause", "cancel", "end"]),
        "by": st.sampled_from(["api", "celery"]),
        "reason": st.sampled_from([None, ev.TERMINATED]),
    },
    optional={"acknowledged_at": st.none() | st.just("2024-01-15T10:30:00.000+00:00")},
)
members = st.none() | st.builds(
    Member,
    st.sampled_from([("w",), ("w", "canvas"), ("other",)]),
    st.integers(0, 3),
    planned=st.booleans(),
    unseen=st.booleans(),
    share=st.integers(0, 1_000),
    acts=st.sampled_from([(), ("pause@1",)]),
)
identities = st.builds(
    ev.Identity,
    task_type=st.sampled_from(["fetch_data", "bulk_import"]),
    total_items=st.none() | counts,
    symbol=st.none() | st.sampled_from(["7203.T", "6758.T"]),
    metadata=plain_mappings,
    parent_id=st.none() | st.just("parent"),
    member=members.map(lambda member: member and Member(*member[:2])),
    expect_s=limits,
    stall_s=limits,
    owner=owners,
    scheduled=st.booleans(),
)


def events(
    # Strategies are values.
    attempts: st.SearchStrategy[int | None] = st.none() | st.integers(ev.UNRECORDED, 4),  # noqa: B008
) -> st.SearchStrategy[ev.Event]:
    """Every kind of event, with every kind of voice."""
    voice: dict[str, Any] = {
        "attempt": attempts,
        "owner": st.none() | st.sampled_from(LEASES),
        "run": st.none() | st.integers(1, 3),
        "at": st.none() | times,
    }
    message, figure = st.none() | names, st.none() | counts
    results = st.just({}) | plain_mappings
    return st.one_of(
        st.builds(ev.Created, identity=identities, **voice),
        st.builds(
            ev.Started,
            identity=identities,
            worker=st.none() | workers,
            redelivered=st.booleans(),
            again_s=st.none() | st.just(60.0),
            **voice,
        ),
        st.builds(
            ev.Progressed,
            current=figure,
            total=figure,
            message=message,
            details=results,
            results=results,
            **voice,
        ),
        st.builds(ev.Paused, message=message, by=message, **voice),
        st.builds(ev.Resumed, message=message, **voice),
        st.builds(ev.Acknowledged, **voice),
        st.builds(ev.Retried, message=message, retries=st.integers(1, 3), **voice),
        st.builds(ev.Requeued, retries=st.none() | st.integers(1, 3), **voice),
        st.builds(ev.Completed, results=results, current=figure, message=message, **voice),
        st.builds(
            ev.Failed,
            error_message=names,
            cause=st.sampled_from(["exception", NOT_PUBLISHED]),
            **voice,
        ),
        st.builds(
            ev.Cancelled,
            message=message,
            by=st.sampled_from(["api", "celery"]),
            reason=st.sampled_from([None, ev.STORED]),
            **voice,
        ),
        st.builds(ev.Expired, revision=st.integers(0, 5), **voice),
        st.builds(ev.Warned, warnings=warnings, revision=st.integers(0, 5), **voice),
        st.builds(ev.Ignored, **voice),
        st.builds(ev.Repeated, task_id=names, **voice),
        st.builds(ev.RunRegained, **voice),
        st.builds(ev.Planned, identity=identities, **voice),
        st.builds(
            ev.WorkflowRequested,
            workflow_id=st.sampled_from(["w", "canvas"]),
            act=st.builds(Act.made, st.sampled_from(ACTIONS), st.integers(1, 2), names, st.none()),
            **voice,
        ),
        st.builds(
            ev.NeverPublished,
            error_message=names,
            cause=st.just(UPSTREAM),
            cancelled=st.booleans(),
            **voice,
        ),
        st.builds(
            ev.Lost,
            lease=st.sampled_from(LEASES),
            error_message=names,
            revision=st.integers(0, 5),
            **voice,
        ),
    )


@st.composite
def tasks(draw: st.DrawFn, content: st.SearchStrategy[dict[str, Any]] = plain_mappings) -> Task:
    """A record as it may be stored: its times in order and in milliseconds."""
    status = draw(st.sampled_from(STATUSES))
    created, started, updated = sorted(draw(st.tuples(times, times, times)))
    ended = status in (TaskStatus.COMPLETED, TaskStatus.ERROR, TaskStatus.CANCELLED)
    begun = status not in (TaskStatus.CREATED, TaskStatus.PAUSED) or draw(st.booleans())
    total = draw(st.none() | counts)
    current = draw(counts)
    if status == TaskStatus.COMPLETED:
        current = total = current if total is None else total
    return Task(
        task_id=draw(names),
        task_type=draw(st.sampled_from(["fetch_data", "bulk_import"])),
        total_items=total,
        symbol=draw(st.none() | names),
        metadata=draw(content),
        current_items=current,
        status=status,
        message=draw(names),
        error_message=draw(names) if status == TaskStatus.ERROR else None,
        created_at=created,
        started_at=started if begun else None,
        updated_at=updated,
        completed_at=updated if ended else None,
        results=draw(content),
        processing_details=draw(content),
        attempt=draw(st.integers(0, 4)),
        retries=draw(st.integers(0, 3)),
        waited_ms=draw(st.none() | st.integers(0, 10**8)) if begun else None,
        worker=draw(st.none() | workers),
        eta=draw(st.none() | times),
        expires=draw(st.none() | times),
        again_s=draw(st.none() | st.sampled_from([0.0, 3_600.0])),
        again_until=draw(st.none() | times),
        lost_runs=draw(st.sampled_from([0, 3])),
        parent_id=draw(st.none() | names),
        root_id=draw(st.none() | names),
        group_id=draw(st.none() | names),
        member=draw(members),
        error_cause=(
            draw(st.sampled_from(["exception", LOST, NOT_PUBLISHED, UPSTREAM]))
            if status == TaskStatus.ERROR
            else None
        ),
        rate=draw(st.none() | st.integers(1, 10**6).map(lambda n: n / 1000)),
        work=draw(st.none() | works),
        usual=draw(st.none() | st.sampled_from([(3,), (4, 0.5, 2.5, 0, 0, 0.8, 1.9, 0, 0, 0, 0)])),
        expect_s=draw(limits),
        stall_s=draw(limits),
        scheduled=draw(st.booleans()),
        owner=draw(owners),
        warnings=draw(st.none() | warnings),
        control=draw(st.none() | controls),
        message_code=draw(st.none() | codes),
        error_code=draw(st.none() | codes),
        revision=draw(st.integers(0, 5)),
    )
