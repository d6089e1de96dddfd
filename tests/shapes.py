"""Canvases of every shape, of the tasks `one`, `two` and `last`."""

from collections.abc import Callable, Iterator
from typing import Any

from celery import Celery, chain, chord, chunks, group, signature
from hypothesis import strategies as st

Canvas = Callable[[], Any]


def add(app: Celery) -> None:
    """Registers the tasks."""
    for name in ("one", "two", "last"):
        app.task(name=f"shapes.{name}", shared=False)(nothing)


def nothing(*_: Any) -> int:
    return 1


def one() -> Any:
    return signature("shapes.one", immutable=True)


def two() -> Any:
    return signature("shapes.two", immutable=True)


def last() -> Any:
    return signature("shapes.last", immutable=True)


def several(number: int) -> Iterator[Any]:
    return (one() for _ in range(number))


def pair() -> Any:
    return group(two(), two())


def steps() -> Any:
    return chain(one(), two())


#: By what it is: some of each kind, and what `canvases` below never makes.
SHAPES: dict[str, Canvas] = {
    "a generator's group": lambda: group(several(3)),
    "group of one": lambda: group(one()),
    "group of chains": lambda: group(steps(), steps()),
    "group of chords": lambda: group(chord([one()], last()), chord([two()], last())),
    "group of a task and a chord with a chain with a group as body": lambda: group(
        one(), chord([one(), two()], chain(last(), pair()))
    ),
    "chunks": lambda: chunks(signature("shapes.one"), [(1,), (2,), (3,)], 2).group(),
    "long chain": lambda: chain(*(one() for _ in range(7)), last()),
    "chord": lambda: chord([one(), one()], last()),
    "a generator's chord": lambda: chord(several(3), last()),
    "chord of one": lambda: chord([one()], last()),
    "chord of a group": lambda: chord(group(several(2)), last()),
    "chord of chains": lambda: chord([steps(), steps()], last()),
    "chord with a group as body": lambda: chord([one(), one()], pair()),
    "chord with a chord as body": lambda: chord([one(), one()], chord([two(), two()], last())),
    "chord in a chord in a chord": lambda: chord(
        [chord([chord([one()], two()), one()], last()), one()], two()
    ),
    "chord of a chain that ends with a group": lambda: chord(
        [chain(two(), group(several(2))), one()], last()
    ),
    "task, group of one, task": lambda: chain(one(), group(two()), last()),
    "task, group, group, task": lambda: chain(one(), pair(), group(several(2)), last()),
    "group, group, group": lambda: chain(pair(), group(several(2)), pair()),
    "task, group with a chain with a group, task": lambda: chain(
        one(), group(chain(two(), pair(), last()), two()), last()
    ),
    "chords one after the other": lambda: chain(
        chord([one(), one()], last()), chord([two(), two()], last()), one()
    ),
    "task, chord with a group as body, task": lambda: chain(
        one(), chord([one(), one()], pair()), last()
    ),
    "group | chord": lambda: group(several(2)) | chord([two(), two()], last()),
}

_task = st.sampled_from([one, two, last])


def composed(inner: st.SearchStrategy[Canvas]) -> st.SearchStrategy[Canvas]:
    """Chains, groups and chords of such parts."""
    # Celery takes a group of one for its task, in some places after it has fixed the id.
    few = st.lists(inner, min_size=2, max_size=3)
    return (
        few.map(lambda parts: lambda: chain(*(part() for part in parts)))
        | few.map(lambda parts: lambda: group(*(part() for part in parts)))
        | st.tuples(few, inner).map(
            lambda pair: lambda: chord([part() for part in pair[0]], pair[1]())
        )
    )


#: Any canvas, a few levels deep.
canvases: st.SearchStrategy[Canvas] = composed(st.recursive(_task, composed, max_leaves=6))
