"""Canvases whose signatures have no app of their own: made by name, or rebuilt from JSON. They take
the current one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from celery import Celery, chain, chord, group, signature
from celery.canvas import Signature, chunks, maybe_signature, xmap, xstarmap

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


def a_group() -> Any:
    return group(double(1), double(2), double(3))


def a_generators_group() -> Any:
    def members() -> Iterator[Any]:
        for number in range(1, 4):
            yield double(number)

    return group(members())


def a_groups_group() -> Any:
    return group(group(double(1), double(2)), double(3))


def a_group_of_chains() -> Any:
    return group(chain(double(number), double_it()) for number in (1, 2, 3))


def a_chord() -> Any:
    return chord([double(1), double(2), double(3)], signature("summed"))


def a_generators_chord() -> Any:
    return chord((double(number) for number in (1, 2, 3)), signature("summed"))


def a_chord_of_chains() -> Any:
    return chord([chain(double(1), double_it()), double(2)], signature("summed"))


def a_chain_of_chords() -> Any:
    header = group(double(1), double(2))
    again = group(double_it(), double_it())
    return chain(header, signature("summed"), again, signature("summed"))


CANVASES: dict[str, Callable[[], Any]] = {
    "group": a_group,
    "a generator's group": a_generators_group,
    "a group's group": a_groups_group,
    "group of chains": a_group_of_chains,
    "chord": a_chord,
    "a generator's chord": a_generators_chord,
    "chord of chains": a_chord_of_chains,
    "chain of chords": a_chain_of_chords,
    "chain": lambda: chain(double(1), double_it()),
    "map": lambda: xmap(double_it(), [1, 2, 3]),
    "starmap": lambda: xstarmap(double_it(), [(1,), (2,), (3,)]),
    "chunks": lambda: chunks(double_it(), [(1,), (2,), (3,)], 2).group(),
    "group from JSON": lambda: rebuilt(a_group()),
    "group of chains from JSON": lambda: rebuilt(a_group_of_chains()),
    "chord from JSON": lambda: rebuilt(a_chord()),
    "chain of chords from JSON": lambda: rebuilt(a_chain_of_chords()),
    "chord from a dict": lambda: Signature.from_dict(json.loads(json.dumps(a_chord()))),
}
#: What `get()` says, and how many tasks of ours have a record of it.
ANSWERS: dict[str, tuple[Any, int]] = {
    "group": ([2, 4, 6], 3),
    "a generator's group": ([2, 4, 6], 3),
    "a group's group": ([2, 4, 6], 3),
    "group of chains": ([4, 8, 12], 6),
    "chord": (12, 4),
    "a generator's chord": (12, 4),
    "chord of chains": (8, 4),
    "chain of chords": (24, 6),
    "chain": (4, 2),
    "map": ([2, 4, 6], 0),
    "starmap": ([2, 4, 6], 0),
    "chunks": ([[2, 4], [6]], 0),
    "group from JSON": ([2, 4, 6], 3),
    "group of chains from JSON": ([4, 8, 12], 6),
    "chord from JSON": (12, 4),
    "chain of chords from JSON": (24, 6),
    "chord from a dict": (12, 4),
}
