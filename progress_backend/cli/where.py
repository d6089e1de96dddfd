"""What a command asks: the store of its settings, or the API at `--url`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from ..settings import Settings
from ..store.any_store import AnyStore
from ..terminal import ApiReader, Choice, Reader
from ..terminal.acts import Acts, ApiActs, StoreActs
from ..terminal.api_workflows import ApiWorkflows
from ..terminal.following import Source
from ..terminal.task_logs import ApiLogs, LogSource, StoreLogs
from ..terminal.workflow_source import StoreWorkflows, WorkflowSource
from .api_options import client_of, known_task_id
from .session import open_store, whole_id


@dataclass(frozen=True, slots=True)
class Where:
    """A store or an API, as the commands use it."""

    #: The task's id of an argument, which may be the beginning of one.
    known_task: Callable[[str], str]
    #: A task's body as it is to be read now; None if there is none.
    task: Callable[[str], bytes | None]
    tasks: Callable[[Choice], Source]
    workflows: WorkflowSource
    logs: LogSource
    acts: Acts
    #: The API's address; None for a store.
    address: str | None = None


@contextmanager
def opened(settings: Settings, url: str | None, token: str | None) -> Iterator[Where]:
    """`with`: the API at the URL, or the store.

    Raises:
        SettingsError: there is no store, or a URL or the token cannot be used.
    """
    if url is not None:
        api = client_of(url, token)
        yield Where(
            known_task=partial(known_task_id, api),
            task=partial(api.status, "task"),
            tasks=partial(ApiReader, api, settings.locale),
            workflows=ApiWorkflows(api),
            logs=ApiLogs(api),
            acts=ApiActs(api),
            address=api.base,
        )
        return
    with open_store(settings) as store:
        yield Where(
            known_task=partial(whole_id, store),
            task=partial(_body, store),
            tasks=partial(Reader, store),
            workflows=StoreWorkflows(store),
            logs=StoreLogs(store),
            acts=StoreActs(store),
        )


def _body(store: AnyStore, task_id: str) -> bytes | None:
    store.ready()
    document = store.run(store.flows.get(task_id))
    return None if document is None else store.flows.as_of(document, store.now())
