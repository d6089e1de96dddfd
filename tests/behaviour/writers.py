"""Writers of one record that know nothing of each other: threads, or processes of their own."""

import threading
from collections.abc import Iterable


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
