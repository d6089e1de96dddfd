"""Starts a job for another program: a record, then the message, by the application's own routes."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from celery import Celery

from ..daemon import daemon
from ..errors import InvalidEvent, ProgressError, SettingsError, TransitionRefused
from ..flows import shown_record
from ..operations import messages, starts
from ..record import kept_message
from ..record.events import Created, Failed, Identity, Repeated
from ..record.fields import Body
from ..record.model import ENDED, NOT_PUBLISHED
from ..service.redis_progress_service import RedisProgressService
from ..store.async_store import AsyncStore
from ..tracking.decorator import marking_of
from ..tracking.headers import HEADER
from ..tracking.identity import identity_of
from ..tracking.kept_message import loaded
from .schema import Job, as_message, jobs_of

logger = logging.getLogger(__name__)

#: Publishes at once in one process: a broker that hangs holds no more threads.
MOST_AT_ONCE: Final = 16
#: Seconds that a caller waits for the broker, and for another caller with the same key.
PUBLISH_S: Final = 2.0
#: Seconds after which a publish that goes on renews its claim, long before another may take it.
RENEW_S: Final = 8.0
_LOOK_S: Final = 0.1
_MAX_KEY: Final = 200


class StartError(ProgressError):
    """A job was not started, or it is not known whether it was.

    Attributes:
        retry_after_s: seconds after which the same request may be sent again; 0: never by itself.
    """

    def __init__(self, message: str, status_code: int, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.retry_after_s = retry_after_s


class Given(NamedTuple):
    """What a message has besides keyword arguments: those by position, its options, and the values
    of its progress header."""

    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = MappingProxyType({})
    header: Mapping[str, Any] = MappingProxyType({})


_PLAIN: Final = Given()
_NOT_SIGNED: Final = (
    "the arguments of task {} are not signed for it: they were kept by a process without "
    "PROGRESS_SIGNING_KEYS"
)

#: The end of a task that has had no run.
_NOT_TAKEN: Final = Failed(
    error_message="the broker did not take the message", cause=NOT_PUBLISHED, attempt=0
)


class Starts:
    """The jobs of one Celery app, for one event loop."""

    def __init__(self, app: Celery, store: AsyncStore, service: RedisProgressService) -> None:
        """Imports the app's task modules.

        Raises:
            SettingsError: the app runs its tasks where they are called.
            Exception: whatever a task module raises.
        """
        app.loader.import_default_modules()
        app.finalize()
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
        self._publishing = 0

    def identity(self, job: Job, arguments: Mapping[str, Any], owner: str | None) -> Identity:
        """What a record of this start says; `owner` is the caller's, in place of the task's own."""
        marking = marking_of(job.task)
        assert marking is not None
        given = {HEADER: _header(owner)}
        return identity_of(job.task, job.name, marking, (), arguments, given)

    async def start(
        self,
        job: Job,
        arguments: dict[str, Any],
        identity: Identity,
        key: str | None,
        given: Given = _PLAIN,
    ) -> str:
        """Creates the record and publishes the message; returns the task's id. `key` is the
        caller's Idempotency-Key: the same key and arguments give the same task.

        Raises:
            StartError: it was not started, or that is not known.
            InvalidEvent: the key cannot be used, or was used with other arguments.
            StoreUnavailable: the store does not answer; nothing was published.
        """
        if self._publishing >= MOST_AT_ONCE:
            why = f"{MOST_AT_ONCE} starts still wait for the broker; nothing was started"
            raise StartError(why, 503, 1)
        self._publishing += 1
        try:
            task_id, mark = await self._claimed(job, arguments, identity, key)
            if mark is not None:
                await self._service.apply(task_id, Created(identity=identity))
        except BaseException:
            self._publishing -= 1
            raise
        if mark is None:  # it was started before
            self._publishing -= 1
            return task_id
        options = {**given.options, "task_id": task_id}
        options["headers"] = {HEADER: {**given.header, **_header(identity.owner)}}
        publish = asyncio.ensure_future(self._publish(job, given.args, arguments, options, mark))
        try:
            async with asyncio.timeout(PUBLISH_S):
                await asyncio.shield(publish)
        except TimeoutError:
            publish.add_done_callback(lambda done: done.cancelled() or done.exception())
            why = f"the broker has not replied within {PUBLISH_S:g} s: it is not known whether "
            raise StartError(f"{why}task {task_id} was published", 504) from None
        return task_id

    async def again(
        self, task_id: str, record: Body, owner: str | None, key: str | None = None
    ) -> str:
        """Runs an ended task again with what it was published with, as another task; returns that
        one's id. `owner`: the caller's, None for one who is not bound to an owner. `key` as that of
        `start`, for this task alone.

        Raises:
            StartError: 409, it cannot be run again, with the reason; else as `start`.
            WrongArguments: today's code does not take its arguments.
        """
        job, given, kwargs = await self._kept(task_id, record)
        if owner is not None and not job.for_owners:
            raise StartError("this job is not for callers who are bound to an owner", 403)
        job.checked(job.named(given.args, kwargs))
        headers = {HEADER: {**given.header, **_header(record.owner)}}
        marking = marking_of(job.task)
        assert marking is not None
        identity = identity_of(job.task, job.name, marking, given.args, kwargs, headers)
        identity = identity._replace(again_of=task_id)
        new_id = await self.start(job, kwargs, identity, key, given)
        with contextlib.suppress(ProgressError):  # the new task runs all the same
            await self._service.apply(task_id, Repeated(task_id=new_id))
        return new_id

    async def _kept(self, task_id: str, record: Body) -> tuple[Job, Given, dict[str, Any]]:
        """The job of a task's record, and what it was published with; raises as `again`."""
        settings = self._store.settings
        if record.status not in ENDED:
            raise StartError(
                f"task {task_id} is {record.status}: it can be run again at its end", 409
            )
        if record.workflow is not None:
            raise StartError(f"task {task_id} is part of a workflow: run the workflow again", 409)
        stored = await self._store.execute(messages.kept(task_id))
        if stored is None:
            raise StartError(f"the arguments of task {task_id} are not kept", 409)
        about = settings.signing_keys, settings.key_prefix, task_id
        try:
            kept = loaded(stored)
            name = str(kept["task"])
            given = Given(tuple(kept["args"]), dict(kept["options"]), dict(kept["header"]))
            kwargs = dict(kept["kwargs"])
            kept_message.check(stored, *about, name, record.owner or "")
        except (ValueError, KeyError, TypeError):
            raise StartError(f"what is kept of task {task_id} cannot be read", 409) from None
        except kept_message.NotSigned:
            raise StartError(_NOT_SIGNED.format(task_id), 409) from None
        if (found := self.jobs.get(name)) is None:
            raise StartError(f"there is no job {name!r:.90} in the code any more", 409)
        return found, given, kwargs

    async def _claimed(
        self, job: Job, arguments: dict[str, Any], identity: Identity, key: str | None
    ) -> tuple[str, str | None]:
        """The id of the task, and the mark of its claim, "" without a key; None for a task that was
        started before."""
        if key is None:
            return str(uuid4()), ""
        name = job.name if identity.again_of is None else f"{identity.again_of}\0{job.name}"
        task_id = id_of(self._store.settings.key_prefix, identity.owner, name, unquoted(key))
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
        record = await self._store.run(shown_record.record(self._service.flows, task_id))
        if record is None or record.start_time is not None:
            return record is not None
        return record.status in ENDED and record.error_cause != NOT_PUBLISHED

    async def _publish(
        self, job: Job, args: Any, kwargs: Any, options: dict[str, Any], mark: str
    ) -> None:
        """Publishes in a thread, however long that takes, and notes how it ended."""
        loop, task_id = asyncio.get_running_loop(), options["task_id"]
        sent: asyncio.Future[Exception | None] = loop.create_future()

        def publish() -> None:
            error: Exception | None = None
            try:
                job.task.apply_async(args, kwargs, **options)
            except Exception as raised:  # kombu's transports raise what their libraries raise
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(sent.set_result, error)

        try:
            started = daemon("progress-start", publish) is not None
            if started and mark:
                mark = await self._renewed(task_id, mark, sent)
            error = await sent if started else RuntimeError("no thread is left")
        finally:
            self._publishing -= 1
        if error is not None:
            logger.warning("task %s was not published: %s", task_id, error)
            with contextlib.suppress(TransitionRefused):  # by the tracked publish, or it runs
                await self._service.apply(task_id, _NOT_TAKEN)
        if mark:
            ended = starts.end(task_id, mark, "published" if error is None else "free")
            with contextlib.suppress(ProgressError):  # a claim without an end expires
                await self._store.execute(ended)
        if error is not None:
            why = f"the broker did not take the message of task {task_id}: nothing was started"
            raise StartError(why, 503, 1)

    async def _renewed(self, task_id: str, mark: str, sent: asyncio.Future[Any]) -> str:
        """Renews the claim of a publish until that has ended; returns its mark."""
        while not (await asyncio.wait((sent,), timeout=RENEW_S))[0]:
            with contextlib.suppress(ProgressError):  # at the next turn
                mark = await self._store.execute(starts.end(task_id, mark, "publishing"))
        return mark


def _header(owner: str | None) -> dict[str, str]:
    return {} if owner is None else {"owner": owner}


def unquoted(key: str) -> str:
    """An Idempotency-Key; one in quotes, as the IETF's draft has it, is the same as without.

    Raises:
        InvalidEvent: it cannot be used.
    """
    text = key.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    if not 1 <= len(text) <= _MAX_KEY or not (text.isascii() and text.isprintable()):
        raise InvalidEvent(f"an Idempotency-Key has 1 to {_MAX_KEY} printable characters")
    return text


def id_of(prefix: str, owner: str | None, name: str, key: str) -> str:
    """The id of the task that a key starts, in every process: a UUID of SHA-256. No secret is in
    it, which could be rotated: another id would be a second run."""
    digest = hashlib.sha256()
    for part in (prefix, "" if owner is None else f"={owner}", name, key):
        text = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(text) + text)
    return str(UUID(bytes=digest.digest()[:16], version=5))


def digest_of(arguments: Mapping[str, Any]) -> str:
    """A digest of checked arguments, whatever their order."""
    return hashlib.sha256(as_message(arguments).encode("utf-8", "surrogatepass")).hexdigest()
