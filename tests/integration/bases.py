"""Base classes of tasks, as teams have them: each goes wrong somewhere around the body."""

from typing import Any

from celery import Task


class AfterReturnRaises(Task):  # type: ignore[misc]  # celery is untyped
    """A base of the user's own."""

    abstract = True

    def after_return(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("after_return")


class OnSuccessRaises(Task):  # type: ignore[misc]  # celery is untyped
    abstract = True

    def on_success(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("on_success")


class BeforeStartRaises(Task):  # type: ignore[misc]  # celery is untyped
    abstract = True

    def before_start(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("before_start")


class ResultRefused(Task):  # type: ignore[misc]  # celery is untyped
    """Its result backend is away when the result is there."""

    abstract = True

    @property
    def backend(self) -> Any:
        return Refusing(self.app.backend)


class Refusing:
    """A backend that takes no result."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def mark_as_done(self, *_: Any, **__: Any) -> None:
        raise ConnectionError("no route to the results")
