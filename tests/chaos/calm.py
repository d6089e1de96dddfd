"""After the storm: waits until nothing is under way, then looks at everything that is stored."""

import json
from collections import Counter, defaultdict
from itertools import chain
from typing import Any

import httpx
import redis
from billiard.exceptions import WorkerLostError
from celery import Celery

from progress_backend.flows.task_list import by_status
from progress_backend.operations.call import Layout
from progress_backend.record.model import STATUSES
from progress_backend.settings import Settings
from progress_backend.store.drivers import Store
from tests.asked import page_of
from tests.records import without_books
from tests.waiting import PATIENCE_S

#: The broker's list of waiting messages, and its hash of those that no worker acknowledged.
QUEUE, UNACKED = "celery", "unacked"
_PAGE = 100


def waiting(client: redis.Redis) -> list[str]:
    """The tasks of messages that are still to be delivered, or that are not acknowledged."""
    queued = [json.loads(text) for text in client.lrange(QUEUE, 0, -1)]
    unacknowledged = [json.loads(text)[0] for text in client.hvals(UNACKED)]
    return sorted(message["headers"]["id"] for message in [*queued, *unacknowledged])


def deliver_again(app: Celery) -> None:
    """Has the broker deliver again what no worker acknowledged within the visibility timeout.

    Kombu does so when a worker connects, and then at each tenth look of the worker (100 s).
    """
    with app.connection_for_read() as connection:
        connection.default_channel.qos.restore_visible(num=1_000, interval=1)


def documents(client: Any, settings: Settings) -> dict[str, dict[str, Any]]:
    """Every stored document, read by a client of one node or of a cluster."""
    found: dict[str, dict[str, Any]] = {}
    names = [f"{keys.task('')}*" for keys in Layout.of(settings).keys]
    for key in chain(*(client.scan_iter(match=name, count=1_000) for name in names)):
        if (text := client.get(key)) is not None:
            document = json.loads(text)
            found[document["task_id"]] = document
    return found


def states(app: Celery, task_ids: list[str]) -> dict[str, tuple[str, bool]]:
    """What the result backend says of each; and whether that is: its process died."""
    metas = {task_id: app.backend.get_task_meta(task_id) for task_id in task_ids}
    return {
        task_id: (meta["status"], isinstance(meta["result"], WorkerLostError))
        for task_id, meta in metas.items()
    }


def disagreements(settings: Settings, stored: dict[str, dict[str, Any]]) -> list[str]:
    """Where lists and summary say something else than the documents."""
    ids_of: defaultdict[str | None, set[str]] = defaultdict(set)
    for task_id, document in stored.items():
        ids_of[None].add(task_id)
        ids_of[document["status"]].add(task_id)
    wrong: list[str] = []
    with Store(settings) as store:
        for status in (None, *STATUSES):
            listed, total = _listed(store, status)
            twice = [task_id for task_id, times in Counter(listed).items() if times > 1]
            if twice:
                wrong.append(f"the list of {status or 'all'} has twice: {twice}")
            if set(listed) != ids_of[status] or total != len(ids_of[status]):
                more = sorted(set(listed) - ids_of[status])
                less = sorted(ids_of[status] - set(listed))
                wrong.append(
                    f"the list of {status or 'all'} has {more} too much, lacks {less}, "
                    f"and counts {total} for {len(ids_of[status])}"
                )
        counted = by_status(store.run(page_of(store.flows, 1, 1)).counts)
    expected = {status: len(ids_of[status]) for status in STATUSES}
    if dict(counted) != expected:
        wrong.append(f"the summary says {dict(counted)}, the documents {expected}")
    return wrong


def misanswered(address: str, stored: dict[str, dict[str, Any]]) -> list[str]:
    """Where the API says something else than the documents that have ended for good."""
    wrong: list[str] = []
    with httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
        for task_id, document in stored.items():
            if document["final"]:
                answer = client.get(f"/internal/task/{task_id}/status?fields=all")
                body = answer.json()
                body.pop("usual_ms", None)  # of the type's other runs, which no document has
                if answer.status_code != 200 or body != without_books(document):
                    wrong.append(f"the API says of {task_id}: {answer.status_code} {answer.text}")
    return wrong


def _listed(store: Store, status: str | None) -> tuple[list[str], int]:
    """All pages of a list, and its total."""
    ids: list[str] = []
    page, total = 1, 0
    while True:
        paged = store.run(page_of(store.flows, page, _PAGE, status))
        ids += [task_id for task_id, _ in paged.rows]
        total = paged.total
        if page * _PAGE >= total:
            return ids, total
        page += 1
