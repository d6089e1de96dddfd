"""Starts a job for another program: a record, then the message, by the application's own routes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from celery import Celery

from ..errors import InvalidEvent, ProgressError, SettingsError, TaskNotFound, TransitionRefused
from ..flows import shown_record
from ..flows.stored_record import Applied
from ..operations import starts
from ..record import kept_message
from ..record.events import Created, Failed, Identity, Repeated
from ..record.failures import described
from ..record.fields import Body
from ..record.model import ENDED, NOT_PUBLISHED
from ..record.reader_view import seen
from ..service.redis_progress_service import RedisProgressService
from ..store.async_store import AsyncStore
from ..tracking.decorator import marking_of
from ..tracking.headers import HEADER
from ..tracking.identity import identity_of
from ..tracking.kept_message import loaded
from ..tracking.publish import publish_created
from .publish_threads import PublishThreads, StartError
from .schema import StartableTask, digest_of, jobs_of

logger = logging.getLogger(__name__)

#: Seconds that a caller waits for the broker, and for another caller with the same key.
PUBLISH_S: Final = 2.0
#: Seconds after which a publish that goes on renews its claim, long before another may take it.
RENEW_S: Final = 8.0
_LOOK_S: Final = 0.1


class MessageParts(NamedTuple):
    """What a message has besides keyword arguments: those by position, its options, and the values
    of its progress header."""

    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})
    header: Mapping[str, Any] = MappingProxyType({})


class StartedTask(NamedTuple):
    """A started task's id; its record, None if it was started before or is not known."""

    task_id: str
    record: Body | None = None


_PLAIN: Final = MessageParts()
_NOT_SIGNED: Final = "not signed for it: they were kept by a process without PROGRESS_SIGNING_KEYS"
#: The end of a task that has had no run.
_NOT_TAKEN: Final = Failed(
    error_message="the broker did not take the message", cause=NOT_PUBLISHED, attempt=0
)


class Starts:
    """The jobs of one Celery app, for one event loop."""

    def __init__(self, app: Celery, store: AsyncStore, service: RedisProgressService) -> None:
        """Imports the app's task modules.

        Raises:
            SettingsError: they cannot be imported, or the app runs its tasks where they are called.
        """
        try:
            app.loader.import_default_modules()
            app.finalize()
        except Exception as error:  # whatever a task module raises
            raise SettingsError(f"the tasks cannot be imported: {described(error)}") from error
        if app.conf.task_always_eager:
            raise SettingsError(
                "task_always_eager runs a task where it is started: unset it to start jobs"
            )
        #: The jobs by name; and the marked tasks that cannot be started, with the reason.
        self.jobs, self.closed = jobs_of(app)
        for name, why in self.closed.items():
            logger.warning("task %s cannot be started by other programs: %s", name, why)
        self._store = store
        self._service = service
        self._threads = PublishThreads()

    def job(self, name: str, owner: str | None) -> StartableTask:
        """A job by its name, for a caller who is bound to this owner, None to none.

        Raises:
            StartError: 404, there is none, with the reason; 403, it is not for this caller.
        """
        if (job := self.jobs.get(name)) is None:
            why = self.closed.get(name, "no task with @progress_task(start=True) has this name")
            raise StartError(f"job {name!r:.90} cannot be started: {why}", 404)
        if owner is not None and not job.for_owners:
            raise StartError("this job is not for callers who are bound to an owner", 403)
        return job

    def identity(
        self,
        job: StartableTask,
        arguments: Mapping[str, Any],
        owner: str | None,
        given: MessageParts = _PLAIN,
    ) -> Identity:
        """What a record of this start says; `owner` is the caller's, in place of the task's own."""
        marking = marking_of(job.task)
        assert marking is not None
        header = {HEADER: {**given.header, **_header(owner)}}
        return identity_of(job.task, job.name, marking, given.args, arguments, header)

    async def start(
        self,
        job: StartableTask,
        arguments: dict[str, Any],
        identity: Identity,
        key: str | None,
        given: MessageParts = _PLAIN,
    ) -> StartedTask:
        """Creates the record and publishes the message. `key` is the caller's Idempotency-Key: the
        same key and arguments give the same task.

        Raises:
            StartError: it was not started, or that is not known.
            InvalidEvent: the key cannot be used, or was used with other arguments.
            StoreUnavailable: the store does not answer; nothing was published.
        """
        self._threads.take()
        made = None
        try:
            task_id, mark = await self._claimed(job, arguments, identity, key)
            if mark is not None:
                created = (Created(identity=identity),)
                made = await self._store.run(
                    self._service.flows.apply(task_id, created, self._store.now(), clip=True)
                )
        finally:
            if made is None:
                self._threads.give_back()
        if made is None or mark is None:
            return StartedTask(task_id)
        options = {**given.options, "task_id": task_id}
        options["headers"] = {HEADER: {**given.header, **_header(identity.owner)}}
        call = partial(publish_created, job.task, given.args, arguments, options, made)
        publish = asyncio.ensure_future(self._publish(task_id, call, mark))
        try:
            async with asyncio.timeout(PUBLISH_S):
                return await asyncio.shield(publish)
        except TimeoutError:
            publish.add_done_callback(lambda done: done.cancelled() or done.exception())
            why = f"the broker has not replied within {PUBLISH_S:g} s: it is not known whether "
            raise StartError(f"{why}task {task_id} was published", 504) from None

    async def again(self, task_id: str, owner: str | None, key: str | None) -> StartedTask:
        """Runs an ended task again with what it was published with, as another task. `owner` as
        that of `job`, `key` as that of `start`, for this task alone; None: requests that come
        before another run is known (`again_by`) are one.

        Raises:
            TaskNotFound: there is no record.
            StartError: 409, it cannot be run again, with the reason; else as `start`.
            WrongArguments: today's code does not take its arguments.
        """
        record = await self._store.run(shown_record.record(task_id))
        name, given, kwargs = await self._kept(task_id, record)
        job = self.job(name, owner)
        job.checked(job.named(given.args, kwargs))
        identity = self.identity(job, kwargs, record.owner, given)._replace(again_of=task_id)
        key = key or f"after {record.again_by}"
        started = await self.start(job, kwargs, identity, key, given)
        with contextlib.suppress(ProgressError):  # the new task runs all the same
            await self._service.apply(task_id, Repeated(task_id=started.task_id))
        return started

    async def _kept(self, task_id: str, record: Body) -> tuple[str, MessageParts, dict[str, Any]]:
        """The job's name of a record, and what it was published with; raises as `again`."""
        settings = self._store.settings
        if record.status not in ENDED:
            raise StartError(
                f"task {task_id} is {record.status}: it can be run again at its end", 409
            )
        if record.workflow is not None:
            raise StartError(f"task {task_id} is part of a workflow: run the workflow again", 409)
        stored = await self._store.execute(starts.kept_message(task_id))
        if stored is None:
            raise StartError(f"the arguments of task {task_id} are not kept", 409)
        about = settings.signing_keys, settings.key_prefix, task_id
        try:
            kept = loaded(stored)
            name = str(kept["task"])
            given = MessageParts(tuple(kept["args"]), dict(kept["options"]), dict(kept["header"]))
            kwargs = dict(kept["kwargs"])
            kept_message.check(stored, *about, name, record.owner or "")
        except (ValueError, KeyError, TypeError):
            raise StartError(f"what is kept of task {task_id} cannot be read", 409) from None
        except kept_message.NotSigned:
            raise StartError(f"the arguments of task {task_id} are {_NOT_SIGNED}", 409) from None
        if name not in self.jobs:
            raise StartError(f"the code no longer has a job {name!r:.90}", 409)
        return name, given, kwargs

    async def _claimed(
        self, job: StartableTask, arguments: dict[str, Any], identity: Identity, key: str | None
    ) -> tuple[str, str | None]:
        """The id of the task, and the mark of its claim, "" without a key; None for a task that was
        started before."""
        if key is None:
            return str(uuid4()), ""
        name = job.name if identity.again_of is None else f"{identity.again_of}\0{job.name}"
        key = starts.unquoted(key)
        task_id = id_of(self._store.settings.key_prefix, identity.owner, name, key)
        call = starts.claim(task_id, digest_of(arguments))
        until = asyncio.get_running_loop().time() + PUBLISH_S
        while (found := await self._store.execute(call)).standing == "publishing":
            if asyncio.get_running_loop().time() > until:
                raise StartError("another request with this Idempotency-Key is publishing", 409, 1)
            await asyncio.sleep(_LOOK_S)
        if found.standing == "other":
            raise InvalidEvent("this Idempotency-Key was used with other arguments: use a new one")
        if found.standing == "foreign":
            raise StartError(f"task {task_id} was not created by a start with this key", 409)
        if found.there and await self._needs_none(task_id):
            await self._store.execute(starts.end(task_id, found.mark, "published"))
            return task_id, None
        return task_id, found.mark if found.standing == "claimed" else None

    async def _needs_none(self, task_id: str) -> bool:
        """Whether a claim that its creator has not ended needs no message: a run has started, or it
        was cancelled."""
        try:
            record = await self._store.run(shown_record.record(task_id))
        except TaskNotFound:
            return False
        ended = record.status in ENDED and record.error_cause != NOT_PUBLISHED
        return record.start_time is not None or ended

    async def _publish(self, task_id: str, call: Callable[[], Applied], mark: str) -> StartedTask:
        """Publishes in a thread, however long that takes, and notes how it ended."""
        sent = asyncio.ensure_future(self._threads.call(call))
        while mark and not (await asyncio.wait((sent,), timeout=RENEW_S))[0]:
            mark = await self._noted(task_id, mark, "publishing")
        if (error := (await asyncio.wait((sent,)))[0].pop().exception()) is None:
            await self._noted(task_id, mark, "published")
            document = sent.result().document
            return StartedTask(task_id, seen(document, task_id) if document else None)
        logger.warning("task %s was not published: %s", task_id, error)
        with contextlib.suppress(TransitionRefused):  # by the tracked publish, or it runs
            await self._service.apply(task_id, _NOT_TAKEN)
        await self._noted(task_id, mark, "free")
        why = f"the broker did not take the message of task {task_id}: nothing was started"
        raise StartError(why, 503, 1)

    async def _noted(self, task_id: str, mark: str, state: starts.State) -> str:
        """The mark of a claim, once it is noted; a claim without an end expires."""
        with contextlib.suppress(ProgressError):
            return mark and await self._store.execute(starts.end(task_id, mark, state))
        return mark


def _header(owner: str | None) -> dict[str, str]:
    return {} if owner is None else {"owner": owner}


def id_of(prefix: str, owner: str | None, name: str, key: str) -> str:
    """The id of the task that a key starts, in every process: a UUID of SHA-256. No secret is in
    it, which could be rotated: another id would be a second run."""
    digest = hashlib.sha256()
    for part in (prefix, "" if owner is None else f"={owner}", name, key):
        text = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text) + text)
    return str(UUID(bytes=digest.digest()[:16], version=5))
