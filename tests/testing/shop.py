"""A user's app with one job, and records to look at; no server."""

import threading

from celery import Celery

from progress_backend import ProgressNotifier, install, progress_task
from progress_backend.record import events as ev
from progress_backend.store.drivers import Store

#: The memory broker looks once a second otherwise.
QUICK = {"broker_transport_options": {"polling_interval": 0.02}}
GO_ON = threading.Event()


def build(**conf: object) -> Celery:
    """A user's app, without any server."""
    app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.update(QUICK)
    app.conf.update(conf)
    install(app)

    @app.task(bind=True, name="import_rows", shared=False)
    @progress_task(symbol=lambda symbol: symbol, total_items=lambda rows: rows)
    def import_rows(self: object, symbol: str, rows: int, *, wait: bool = False) -> dict[str, int]:
        notifier = ProgressNotifier(self)
        for row in range(1, rows + 1):
            notifier.update(row, rows, f"row {row}")
            if wait and row * 2 >= rows:
                assert GO_ON.wait(60)
        if rows == 13:
            raise ValueError("no luck")
        return {"saved": rows}

    return app


def run_eagerly(app: Celery, rows: int = 4) -> str:
    return str(app.tasks["import_rows"].apply(("7203.T", rows)).id)


def created(store: Store, task_id: str = "t-1") -> str:
    event = ev.Created(identity=ev.Identity(task_type="fetch_data", total_items=4))
    store.run(store.flows.apply(task_id, (event,), store.now()))
    return task_id


def running(store: Store, task_id: str = "t-1") -> str:
    """Under way, with half of it done; as HTTP has it: no worker."""
    happened = (
        ev.Started(identity=ev.Identity(task_type="fetch_data", total_items=4)),
        ev.Progressed(current=2, message="half way"),
    )
    store.run(store.flows.apply(task_id, happened, store.now()))
    return task_id
