"""The state behind the routes: store, listener and services, opened and closed with the
application."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.types import Scope

from ..flows.task_flows import Records
from ..live.listener import Listener
from ..operations import workflows
from ..record.answers import WorkerList
from ..record.failures import described
from ..service.redis_progress_service import RedisProgressService
from ..settings import Settings
from ..store.async_store import AsyncStore
from ..store.shown_tasks import ShownTasks
from ..tracking.lease_thread import LeaseThread
from ..tracking.result_backend import AskBackend, ResultBackend
from ..tracking.tracker import settings_of
from ..webhooks import begin_sending
from .access import Access
from .callers import Callers
from .limits import Limits
from .request_counts import Measured
from .rights import Action, Refusal, Resource
from .server.shutdown import at_signals
from .site_answer import Authorize
from .terminate import Broker

if TYPE_CHECKING:
    from ..jobs.starts import Starts

logger = logging.getLogger(__name__)

#: Longest wait of a request for the store.
STORE_TIMEOUT_S = 2.0
_NOT_STARTED: Final = (
    "progress_backend's router was not started: include it with app.include_router(router) before "
    "the application starts; a mounted application's lifespan does not run by itself, enter "
    "progress_backend.web.lifespan(app) in yours"
)


class Api:
    """The parts behind the routes, one instance per application and event loop."""

    def __init__(
        self,
        settings: Settings,
        celery_app: Any = None,
        *,
        trusted: bool = False,
        authorize: Authorize | None = None,
    ) -> None:
        """Opens the parts; the listener begins to connect. Needs a running event loop.

        Raises:
            SettingsError: a token's line cannot be used, or the file of tokens cannot be read.
        """
        self.settings: Final = settings
        self.callers: Final = Callers(settings, trusted=trusted, authorize=authorize)
        self.limits: Final = Limits(settings)
        #: The zone that times are shown in.
        self.zone: Final = settings.zone()
        self.store: Final = AsyncStore(settings, timeout_s=STORE_TIMEOUT_S)
        self.tasks: Final = ShownTasks(self.store)
        self.service: Final = RedisProgressService(store=self.store)
        #: None: no broker is configured, so no process can be terminated.
        self.broker: Final = None if celery_app is None else Broker(celery_app)
        #: The jobs that are started here; None without `start`, or with why not in `starts_fault`.
        self.starts: Starts | None = None
        self.starts_fault = ""
        self.measured: Final = Measured()
        #: The workers' figures and when they were read; None before.
        self.figures: tuple[datetime, WorkerList] | None = None
        self.listener: Final = Listener(self.store)
        self.listener.start()

    @property
    def flows(self) -> Records:
        """The flows under the settings."""
        return self.service.flows

    async def now(self) -> datetime:
        """The store's time; its clock is measured unless that was done less than a minute ago.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        await self.store.ready()
        return self.store.now()

    async def owned(self, workflow_id: str, owner: str) -> bool:
        """Whether a workflow has members, and all of them are an owner's.

        Raises:
            StoreUnavailable: the store does not answer.
        """
        members, its = await self.store.execute(workflows.owned(workflow_id, owner))
        return bool(0 < members == its)

    async def open_starts(self, celery_app: Any) -> None:
        """Imports the application's tasks, so that jobs can be started."""
        try:
            from ..jobs.starts import Starts

            self.starts = await asyncio.to_thread(Starts, celery_app, self.store, self.service)
        except Exception as error:  # whatever a task module raises
            self.starts_fault = described(error)
            logger.error("no jobs are started: %s", self.starts_fault)

    def close_streams(self) -> None:
        """Closes every socket and event stream, later ones too."""
        self.listener.watches.close()

    async def close(self) -> None:
        """Closes every socket and event stream, then the connections to Redis."""
        self.close_streams()
        try:
            await self.listener.stop()
        finally:
            await self.store.close()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Opens the store's connections for `router` and closes them: `async with lifespan(app):`, for
    an application that is mounted in another one: its lifespan does not run by itself.

    Settings and Celery app are `app.state.progress_settings` and `app.state.progress_celery_app`
    if the application has set them, else they come from the environment. With
    `app.state.progress_trusted = True` requests without a token pass wherever they come from,
    unless tokens are configured: for an application that asks by itself who is there.
    `app.state.progress_authorize` is the `authorize` of `create_app`, `app.state.progress_start`
    its `start`.

    Args:
        app: the FastAPI application that includes `router`.

    Raises:
        SettingsError: a setting cannot be used, or no store's URL is set.
    """
    if hasattr(app.state, "progress"):  # the router is included under a second prefix too
        yield
        return
    settings = getattr(app.state, "progress_settings", None)
    celery_app = getattr(app.state, "progress_celery_app", None) or celery_app_of_environment()
    if settings is None:
        settings = settings_of_environment(celery_app)
    bound, trusted, authorize = (
        getattr(app.state, f"progress_{name}", None) for name in ("bound", "trusted", "authorize")
    )
    api = Api(settings, celery_app, trusted=bool(trusted), authorize=authorize)
    app.state.progress, app.state.progress_access = api, Access(settings, bound)
    # The pass that finds lost runs goes on here even if no worker is left.
    keeper = LeaseThread(settings, None, result_backend_of(celery_app))
    keeper.start()
    if getattr(app.state, "progress_start", False):
        await api.open_starts(celery_app)
    sending = begin_sending(settings)
    try:
        with at_signals(api.close_streams):
            yield
    finally:
        keeper.stop()
        if sending is not None:
            await asyncio.to_thread(sending.stop, 2.0)  # seconds for deliveries in progress
        await api.close()
        del app.state.progress


def api_of(connection: HTTPConnection) -> Api:
    """The state of a request's or socket's application.

    Raises:
        RuntimeError: the application did not run the router's lifespan.
    """
    return api_in(connection.scope)


def api_in(scope: Scope) -> Api:
    """The state of a scope's application; raises as `api_of`."""
    try:
        api: Api = scope["app"].state.progress
    except AttributeError:
        raise RuntimeError(_NOT_STARTED) from None
    return api


def access_of(scope: Scope) -> Access:
    """The access rules of a scope's application; raises as `api_of`, but not in an application of
    `create_app`: its page and refusals need no lifespan."""
    try:
        access: Access = scope["app"].state.progress_access
    except AttributeError:
        raise RuntimeError(_NOT_STARTED) from None
    return access


async def may(scope: Scope, action: Action, resource: Resource) -> Refusal | None:
    """The refusal of what a request or socket asks for; None if its caller may.

    Raises:
        StoreUnavailable: a record that decides cannot be read.
        RuntimeError: as `api_of`.
    """
    api = api_in(scope)
    return await api.callers.refusal(scope, action, resource, api.tasks.of, api.owned)


def settings_of_environment(celery_app: Any = None) -> Settings:
    """Settings from the environment, then from a Celery app's configuration.

    Raises:
        SettingsError: a value cannot be used, or no store's URL is set.
    """
    if celery_app is None:
        return Settings.from_sources(None, os.environ)
    return settings_of(celery_app)


def celery_app_of_environment() -> Any:
    """A Celery app for the broker that CELERY_BROKER_URL names, None without one."""
    url = os.environ.get("CELERY_BROKER_URL")
    if not url:
        return None
    from celery import Celery

    return Celery("progress_backend.web", broker=url, set_as_current=False)


def result_backend_of(celery_app: Any = None) -> AskBackend | None:
    """Reads from the app's result backend, or from that of CELERY_RESULT_BACKEND; None without
    either."""
    if celery_app is None:
        if not os.environ.get("CELERY_RESULT_BACKEND"):
            return None
        from celery import Celery

        # Its configuration reads the environment by itself.
        celery_app = Celery("progress_backend.web", set_as_current=False)
    return ResultBackend(celery_app).ask if celery_app.conf.result_backend else None
