"""Random canvases, each from its seed alone; pure but for the random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from celery import chain, chord, group, signature

#: Kind of task -> how often it comes.
WEIGHTS = {
    "returns": 14,
    "works": 8,
    "late": 4,
    "retries": 2,
    "fails": 1,
    "starts": 1,
    "replaced": 1,
    "replaced_by_chain": 1,
    "replaced_by_chord": 1,
    "dies_once": 2,
    "dies": 1,
    "revoked": 1,
    "terminated": 1,
}
#: Kinds with ids that the test has to know, since it revokes them.
KINDS_ASKED = frozenset({"revoked", "terminated"})
SHAPES = ("chain", "group", "chord")
#: Parts of a shape, and shapes within one another.
_PARTS, _DEEPEST = (2, 3), 3
#: How often a part is a single task.
_SINGLE = 0.7


@dataclass(frozen=True)
class Task:
    """One task; `canvas` is the name of the canvas that it is in."""

    canvas: str
    kind: str
    task_id: str | None = None

    def __str__(self) -> str:
        return self.kind

    def signature(self) -> Any:
        """As Celery takes it."""
        found = signature(self.kind, args=(self.canvas,), immutable=True)
        return found if self.task_id is None else found.set(task_id=self.task_id)

    def tasks(self) -> Iterator[Task]:
        """Itself."""
        yield self


@dataclass(frozen=True)
class Shape:
    """A chain, a group, or a chord; its last part is its body."""

    shape: str
    parts: tuple[Task | Shape, ...]

    def __str__(self) -> str:
        return f"{self.shape}({', '.join(map(str, self.parts))})"

    def signature(self) -> Any:
        """As Celery takes it."""
        parts = [part.signature() for part in self.parts]
        match self.shape:
            case "chain":
                return chain(*parts)
            case "group":
                return group(*parts)
        return chord(parts[:-1], parts[-1])

    def tasks(self) -> Iterator[Task]:
        """All tasks in it."""
        for part in self.parts:
            yield from part.tasks()


def canvases(seed: int, number: int) -> dict[str, Shape]:
    """So many canvases by name; the same for the same seed."""
    names = [f"{seed}-{place}" for place in range(number)]
    return {name: _shape(Random(name), name, _DEEPEST) for name in names}


def _shape(random: Random, name: str, deepest: int) -> Shape:
    shape = random.choice(SHAPES)
    number = random.randint(*_PARTS) + (shape == "chord")
    return Shape(shape, tuple(_part(random, name, deepest - 1) for _ in range(number)))


def _part(random: Random, name: str, deepest: int) -> Task | Shape:
    if deepest and random.random() > _SINGLE:
        return _shape(random, name, deepest)
    (kind,) = random.choices([*WEIGHTS], [*WEIGHTS.values()])
    known = f"{kind}-{name}-{random.randrange(10**9)}" if kind in KINDS_ASKED else None
    return Task(name, kind, known)
