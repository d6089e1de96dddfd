"""A Celery canvas read from its messages: the id that the caller of `apply_async` gets, and every
task that it will run. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeGuard

#: One of Celery's signatures, read by its keys alone: a dictionary, or, in the process that sends
#: it, an object that is a dictionary too.
Signature = Mapping[str, Any]

#: Celery's task that polls a chord's header where the result backend cannot count its members.
CHORD_UNLOCK: Final = "celery.chord_unlock"
#: Most signatures that are read of one canvas; more of them are a mistake, or a cycle.
MOST_LOOKED_AT: Final = 1_000_000
#: The kwarg of a composed signature that holds its parts.
_PARTS: Final[Mapping[Any, str]] = {"chain": "tasks", "group": "tasks", "chord": "header"}
#: Most characters of a canvas' name.
_LONGEST_NAME: Final = 120
#: How many callbacks within callbacks are followed to find the id that the caller gets.
_DEEPEST: Final = 100_000


def name_of(task: str, messages: int = 1, last: str = "") -> str:
    """A canvas' name if its caller gives none: its first task, the number of its first messages of
    this task, and its last task if that is another one, such as `fetch ×8 → merge`."""
    first, end = (one.rpartition(".")[2][:_LONGEST_NAME] for one in (task, last))
    name = first if messages == 1 else f"{first} ×{messages}"
    return name if end in ("", first) else f"{name} → {end}"


class Embed(NamedTuple):
    """The `embed` of a Celery message: the signatures that run after its task."""

    #: The next steps, the last one first.
    chain: tuple[Signature, ...] = ()
    #: Body of the chord that has the task in its header.
    chord: Signature | None = None
    callbacks: tuple[Signature, ...] = ()


class Step(NamedTuple):
    """A task that a canvas will run."""

    task_id: str
    name: str
    signature: Signature


NOTHING: Final = Embed()


def embed_of(body: Any) -> Embed:
    """The embed of a message's body, as `before_task_publish` passes it."""
    if not isinstance(body, (list, tuple)) or len(body) < 3 or not isinstance(body[2], Mapping):
        return NOTHING
    given = body[2]
    return embed(given.get("chain"), given.get("chord"), given.get("callbacks"))


def embed(chain: Any, chord: Any, callbacks: Any = None) -> Embed:
    """An embed of these parts; a value that is no signature is left out."""
    if not chain and not chord and not callbacks:
        return NOTHING
    return Embed(
        tuple(filter(is_signature, chain or ())),
        chord if is_signature(chord) else None,
        tuple(filter(is_signature, callbacks or ())),
    )


def workflow_of(headers: Mapping[str, Any], ahead: Embed, args: Any = ()) -> str | None:
    """The id that the caller of a canvas gets, read from one of the canvas' first messages; None
    for a single task. Messages that the canvas sends later lead to other ids."""
    if ahead.chain:
        return end_of(ahead.chain[0])
    if ahead.chord is not None:
        return end_of(ahead.chord)
    if headers.get("task") == CHORD_UNLOCK:
        return end_of(args[1]) if len(args or ()) > 1 and is_signature(args[1]) else None
    if headers.get("group") and headers.get("group_index") is not None:
        return id_text(headers["group"])
    return None


def end_of(signature: Signature) -> str | None:
    """The id of the AsyncResult that calling a frozen signature returns."""
    for _ in range(_DEEPEST):
        options = options_of(signature)
        if chain := several(options.get("chain")):
            signature = chain[0]
        elif is_signature(options.get("chord")):
            signature = options["chord"]
        else:
            kind = signature.get("subtask_type")
            # A chord's body has the chord's options. Its tasks say what the chord is a member of.
            body = kind == "group" and options.get("group_index") is not None
            if kind == "chain" or body:
                inner = several(kwargs_of(signature).get("tasks"))
                last = inner[-1] if inner else None
            elif kind == "chord":
                last = kwargs_of(signature).get("body")
            else:
                return _own_end(signature, options)
            if not is_signature(last):
                return None
            signature = last
    return None


def _own_end(signature: Signature, options: Mapping[str, Any]) -> str | None:
    grouped = options.get("group_index") is not None
    if grouped and options.get("group_id"):
        return id_text(options["group_id"])
    return id_text(options.get("task_id"))


def steps(ahead: Embed) -> Iterator[Step]:
    """Every task with an id that runs after a message's own, each once, in the order in which they
    run. A group's members come before the chord body that waits for them."""
    return Walk().steps(ahead)


def next_ids(ahead: Embed) -> Iterator[str]:
    """The ids of the messages that Celery sends when a message's own task ends: the first tasks of
    the next step, whatever comes after that."""
    for signature in (*ahead.chain[-1:], *ahead.callbacks):
        yield from first_ids(signature)
    if ahead.chord is not None:
        yield from first_ids(ahead.chord)


def first_ids(signature: Signature) -> Iterator[str]:
    """The ids of the messages that calling a frozen signature sends."""
    waiting, looked_at = [signature], 0
    while waiting and looked_at < MOST_LOOKED_AT:
        looked_at += 1
        one = waiting.pop()
        kwargs = kwargs_of(one)
        match one.get("subtask_type"):
            case "chain":
                waiting += several(kwargs.get("tasks"))[:1]
            case "chord":
                waiting += members_of(kwargs.get("header")) or several([kwargs.get("body")])
            case "group":
                waiting += members_of(one)
            case _:
                if (task_id := id_text(options_of(one).get("task_id"))) is not None:
                    yield task_id


class Walk:
    """A walk over the messages of one canvas: a task that several of them name is a step of the
    first."""

    def __init__(self) -> None:
        self._seen = set[str]()
        self._known = set[tuple[str | None, str | None]]()

    def _is_new(self, first: Signature, last: Signature) -> bool:
        """Whether these signatures were not walked before: each member of a chord's header holds a
        copy of the body, and of the steps after it."""
        ends = next(first_ids(first), None), end_of(last)
        if ends == (None, None) or ends in self._known:
            return False
        self._known.add(ends)
        return True

    def steps(self, ahead: Embed) -> Iterator[Step]:
        """As `steps`, without those of messages that were walked before."""
        waiting = [*reversed(ahead.chain), *ahead.callbacks][::-1]
        afterwards: deque[Signature] = deque()

        def wait_for(body: Any) -> None:
            if is_signature(body) and self._is_new(body, body):
                afterwards.append(body)

        wait_for(ahead.chord)
        for _ in range(MOST_LOOKED_AT):
            if not waiting:
                if not afterwards:
                    return
                waiting.append(afterwards.popleft())
            one = waiting.pop()
            options = options_of(one)
            composed = one.get("subtask_type") in _PARTS
            task_id = None if composed else id_text(options.get("task_id"))
            if task_id is not None:
                if task_id in self._seen:
                    continue
                self._seen.add(task_id)
                yield Step(task_id, str(one.get("task") or ""), one)
            chain = several(options.get("chain"))
            if chain and self._is_new(chain[-1], chain[0]):
                waiting += chain  # the last step first
            waiting += reversed(several(options.get("link")))
            wait_for(options.get("chord"))
            wait_for(kwargs_of(one).get("body") if one.get("subtask_type") == "chord" else None)
            waiting += reversed(_parts(one))


def _parts(signature: Signature) -> list[Signature]:
    """The members of a composed signature, without a chord's body."""
    name = _PARTS.get(signature.get("subtask_type"))
    return [] if name is None else members_of(kwargs_of(signature).get(name))


def joins(ahead: Embed) -> bool:
    """Whether a step waits for several tasks: a chord's body, or what follows a group."""
    if ahead.chord is not None:
        return True
    return any(
        one.get("subtask_type") in ("chord", "group") or is_signature(options_of(one).get("chord"))
        for one in ahead.chain
    )


def members_of(group: Any) -> list[Signature]:
    """A group's members, or those of a chord's header, which may be a list instead of a group."""
    if isinstance(group, dict):
        return several(kwargs_of(group).get("tasks"))
    return several(group)


def several(value: Any) -> list[Signature]:
    """The signatures of a list, or a single one that takes the place of a list."""
    if not value:
        return []
    if isinstance(value, dict):
        return [value] if is_signature(value) else []
    return [one for one in value if is_signature(one)] if isinstance(value, Iterable) else []


def is_signature(value: Any) -> TypeGuard[Signature]:
    """Whether a value is a signature."""
    return isinstance(value, dict) and "task" in value


def options_of(signature: Signature) -> Mapping[str, Any]:
    """A signature's options."""
    options = signature.get("options")
    return options if isinstance(options, dict) else {}


def kwargs_of(signature: Signature) -> Mapping[str, Any]:
    """A signature's keyword arguments; those of a composed one are its parts."""
    kwargs = signature.get("kwargs")
    return kwargs if isinstance(kwargs, dict) else {}


def id_text(value: Any) -> str | None:
    """An id as text, since a caller may give a UUID; None for no id, and for an empty one."""
    return None if not value or isinstance(value, (dict, list)) else str(value)
