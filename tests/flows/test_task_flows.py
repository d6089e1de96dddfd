"""What the flows request of a store, where no store's behaviour would show it."""

from datetime import timedelta
from typing import Any

import pytest

from progress_backend.operations.commits import CommitCall
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store


@pytest.mark.parametrize("minutes", [1, 10, 59])
def test_a_running_task_moves_in_the_order_of_expiry_once_an_hour(
    minutes: int, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A written value costs no entry in another sorted set."""
    moved = list[bool]()
    with Store(Settings(redis_url=redis_url)) as store, store.within(60):
        execute = store.execute

        def noted(command: Any) -> Any:
            if isinstance(command, CommitCall):
                moved.append(command.commit.due_ms is not None)
            return execute(command)

        monkeypatch.setattr(store, "execute", noted)
        now = store.now()
        started = ev.Started(identity=ev.Identity(task_type="x"))
        base = store.run(store.flows.apply("t", (started,), now)).base
        assert moved == [True]
        moved.clear()
        steps = 5 * 60 // minutes
        for step in range(steps):
            now += timedelta(minutes=minutes)
            progress = (ev.Progressed(current=step),)
            base = store.run(store.flows.apply("t", progress, now, base=base)).base
        assert sum(moved) in (steps * minutes // 60, steps * minutes // 60 + 1)
