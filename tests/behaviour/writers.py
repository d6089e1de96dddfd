"""Writers of one record that know nothing of each other: threads, or processes of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from progress_backend.errors import ConcurrentUpdate
from progress_backend.flows.stored_record import Base
from progress_backend.record import events as ev
from progress_backend.store.drivers import Store


def write(store: Store, task_id: str, name: str, count: int) -> int:
    """Leaves `count` marks in the record, each as often as it takes; how many were refused."""
    base: Base | None = None
    refused = 0
    for n in range(count):
        event = ev.Progressed(details={f"{name}-{n}": n})
        while True:
            try:
                flow = store.flows.apply(task_id, (event,), store.now(), base=base)
                applied = store.run(flow)
            except ConcurrentUpdate:
                continue
            base = applied.base
            refused += applied.refused is not None
            break
    return refused


def in_threads(works: Iterable[object]) -> None:
    """Runs them at once; a failure of one is the caller's."""
    failures: list[BaseException] = []
    gate = threading.Barrier(len(works := list(works)))

    def guarded(work) -> None:
        gate.wait()
        try:
            work()
        except BaseException as error:  # raised again where the test waits
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]
