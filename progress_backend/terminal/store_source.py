"""A store as the terminal's source."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..addresses import without_password
from ..errors import WorkflowNotFound
from ..flows import task_list, task_log, task_timeline, worker_list, workflows
from ..flows.flow import Flow
from ..record import responses
from ..record.caller_events import who_and_why
from ..record.default_texts import Locale
from ..record.list_request import ListRequest
from ..record.log_line import with_id
from ..service.act_on_many import act_on, event_of
from ..service.bodies import pagination
from ..service.redis_progress_service import RedisProgressService
from ..store.drivers import Store
from . import formats
from .source import Body, Source


class StoreSource(Source):
    """Reads a store and asks by it; closes it at its own end."""

    def __init__(self, store: Store, locale: Locale) -> None:
        self._store, self.locale = store, locale
        settings = store.settings
        self.address = without_password(settings.redis_url or "")
        if settings.key_prefix:
            self.address += formats.text(locale, "prefix", prefix=settings.key_prefix)

    def now(self) -> datetime:
        """See `Source`."""
        return self._store.now()

    def answer(self, method: str, path: Sequence[str], given: Body) -> Body | None:
        """See `Source`."""
        known = {name: value for name, value in given.items() if value is not None}
        if method != "GET":
            return asyncio.run(self._asked(path, known))
        self._store.ready()
        body = self._store.run(self._read(path, known))
        found: Body | None = json.loads(body) if isinstance(body, bytes) else body
        return found

    def _read(self, path: Sequence[str], given: dict[str, Any]) -> Flow[bytes | Body | None]:
        flows, now = self._store.flows, self._store.now()
        match path:
            case ("tasks",):
                light = given.pop("fields", None) is None
                asked = ListRequest(**given)
                asked.check()
                found = yield from task_list.listed(flows, asked, now, light=light)
                pages = pagination(asked.page, asked.limit, found.total)
                return responses.list_body(found.rows, pages, found.counts, found.cursor)
            case ("task", task_id, "status"):
                return (yield from workflows.task_or_workflow(flows, task_id, now))
            case ("task", task_id, "timeline"):
                return (yield from task_timeline.of(task_id, self._store.settings))
            case ("task", task_id, "log"):
                part = yield from task_log.read(task_id, given.get("after"), given["limit"])
                return {"lines": [json.loads(with_id(*line)) for line in part.lines]}
            case ("workflow", workflow_id, "status"):
                return (yield from workflows.status(flows, workflow_id, now))
            case ("workflows",):
                page, limit = given["page"], given["limit"]
                total, rows = yield from workflows.page(flows, page, limit, now)
                return responses.workflows_body(rows, pagination(page, limit, total))
        return (yield from worker_list.workers(flows, now))

    async def _asked(self, path: Sequence[str], given: dict[str, Any]) -> Body | None:
        async with RedisProgressService(settings=self._store.settings) as service:
            match path:
                case ("workflow", workflow_id, endpoint):
                    act = service.cancel_workflow
                    ask = act if endpoint == "cancel" else service.update_workflow
                    try:
                        return await ask(workflow_id, **given)
                    except WorkflowNotFound:
                        return None
                case _:
                    reason = given.get("reason")
                    who_and_why(given["by"], reason)
                    event = event_of(given["action"], given["by"], reason)
                    done = await act_on(given["ids"], lambda one: service.apply(one, event))
                    return done.body()

    def __exit__(self, *_: object) -> None:
        self._store.close()
