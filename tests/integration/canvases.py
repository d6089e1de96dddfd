"""Canvases whose signatures have no app of their own: made by name, or rebuilt from JSON. They take
the current one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from celery import Celery, chain, chord, group, signature
from celery.canvas import chunks, maybe_signature

from progress_backend import progress_task


def add(app: Celery) -> None:
    """Registers what they call, and what sends them from within a worker."""
    app.task(name="doubled", shared=False)(progress_task(doubled))
    app.task(name="summed", shared=False)(progress_task(summed))
    app.task(name="sends_canvas", shared=False)(progress_task(sends_canvas))


def doubled(value: Any) -> Any:
    return 2 * value


def summed(values: list[Any]) -> Any:
    return sum(values)


def sends_canvas(kind: str) -> Any:
    return CANVASES[kind]().apply_async().as_tuple()


def double(value: Any) -> Any:
    return signature("doubled", args=(value,), immutable=True)


def double_it() -> Any:
    return signature("doubled")


def rebuilt(canvas: Any) -> Any:
    return maybe_signature(json.loads(json.dumps(canvas)))


def a_group_of_chains() -> Any:
    return group(chain(double(number), double_it()) for number in (1, 2, 3))


def a_generators_chord() -> Any:
    return chord((double(number) for number in (1, 2, 3)), signature("summed"))


def a_chain_of_chords() -> Any:
    header = group(double(1), double(2))
    again = group(double_it(), double_it())
    return chain(header, signature("summed"), again, signature("summed"))


CANVASES: dict[str, Callable[[], Any]] = {
    "group of chains from JSON": lambda: rebuilt(a_group_of_chains()),
    "a generator's chord": a_generators_chord,
    "chain of chords from JSON": lambda: rebuilt(a_chain_of_chords()),
    "chunks": lambda: chunks(double_it(), [(1,), (2,), (3,)], 2).group(),
}
#: What `get()` says, and how many tasks of ours have a record of it.
ANSWERS: dict[str, tuple[Any, int]] = {
    "group of chains from JSON": ([4, 8, 12], 6),
    "a generator's chord": (12, 4),
    "chain of chords from JSON": (24, 6),
    "chunks": ([[2, 4], [6]], 0),
}
