"""Processes to be killed: python -m tests.webhooks.dying send|end URL TARGET [COUNT]."""

import signal
import sys

from progress_backend.credentials.targets import targets_of
from progress_backend.record import events as ev
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from progress_backend.webhooks import sender
from tests.webhooks.targets import spec

#: So that what a sender had taken as it was killed is sent soon.
LEASE_S = 1.0


def main(what: str, redis_url: str, target_url: str, count: str = "0") -> None:
    settings = Settings(redis_url=redis_url, webhooks=spec(url=target_url, allow_private=True))
    targets = targets_of(settings)
    assert targets is not None
    if what == "end":
        with Store(settings) as store:
            for i in range(int(count)):
                end(store, f"t{i}")
        return
    sender.STEP_S, sender.LEASE_S = 0.05, LEASE_S
    sending = sender.WebhookSender(settings, targets)
    signal.signal(signal.SIGTERM, lambda *_: sending.stop())
    sending.run()


def end(store: Store, task_id: str) -> None:
    """Starts and ends a task, as far as a process before has not done that."""
    identity = ev.Identity(task_type="fetch_data")
    if store.run(store.flows.get(task_id)) is None:
        store.run(store.flows.apply(task_id, (ev.Created(identity=identity),), store.now()))
    # Refused where it has ended.
    store.run(store.flows.apply(task_id, (ev.Cancelled(by="api"),), store.now()))


if __name__ == "__main__":
    main(*sys.argv[1:])
