"""A Celery canvas read from its messages: the id that the caller of `apply_async` gets, and every
task that it will run.

Signatures are dictionaries, or, in the process that sends them, objects that are dictionaries too:
they are read by their keys alone. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple, TypeGuard

#: Celery's task that polls a chord's header where the result backend cannot count its members.
CHORD_UNLOCK: Final = "celery.chord_unlock"
#: Signatures that are read of one canvas: more of them is a mistake, or a circle.
MOST_LOOKED_AT: Final = 1_000_000
#: The kwarg of a composed signature that holds its parts.
_PARTS: Final[Mapping[Any, str]] = {"chain": "tasks", "group": "tasks", "chord": "header"}
#: How many callbacks within callbacks are followed to find the id that the caller gets.
_DEEPEST: Final = 100_000
#: A canvas' name: different parts that are written out, members that are counted, longest text.
_SHOWN, _COUNTED, _LONGEST = 4, 10_000, 120

Signature = Mapping[str, Any]


class Embed(NamedTuple):
    """The `embed` of a Celery message: the signatures that run after its task."""

    #: The next steps, the last one first.
    chain: tuple[Signature, ...] = ()
    #: Body of the chord whose header the task is in.
    chord: Signature | None = None
    callbacks: tuple[Signature, ...] = ()

    @property
    def says_nothing(self) -> bool:
        """Whether no signature runs after the task."""
        return not self.chain and self.chord is None and not self.callbacks


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
    said = body[2]
    return embed(said.get("chain"), said.get("chord"), said.get("callbacks"))


def embed(chain: Any, chord: Any, callbacks: Any = None) -> Embed:
    """An embed of these parts; a value that is no signature is left out."""
    if not chain and not chord and not callbacks:
        return NOTHING
    return Embed(
        tuple(filter(_is_signature, chain or ())),
        chord if _is_signature(chord) else None,
        tuple(filter(_is_signature, callbacks or ())),
    )


def workflow_of(headers: Mapping[str, Any], ahead: Embed, args: Any = ()) -> str | None:
    """The id that the caller of a canvas gets, read from one of the canvas' first messages; None
    for a single task. Messages that the canvas sends later lead to other ids."""
    if ahead.chain:
        return end_of(ahead.chain[0])
    if ahead.chord is not None:
        return end_of(ahead.chord)
    if headers.get("task") == CHORD_UNLOCK:
        return end_of(args[1]) if len(args or ()) > 1 and _is_signature(args[1]) else None
    if headers.get("group") and headers.get("group_index") is not None:
        return _text(headers["group"])
    return None


def end_of(signature: Signature) -> str | None:
    """The id of the AsyncResult that calling a frozen signature returns."""
    for _ in range(_DEEPEST):
        options = _options(signature)
        if chain := _several(options.get("chain")):
            signature = chain[0]
        elif _is_signature(options.get("chord")):
            signature = options["chord"]
        else:
            match signature.get("subtask_type"):
                case "chain":
                    inner = _several(_kwargs(signature).get("tasks"))
                    last = inner[-1] if inner else None
                case "chord":
                    last = _kwargs(signature).get("body")
                case "group" if options.get("group_index") is not None:
                    # A chord's body, whose options are those of the chord. Its tasks say what the
                    # chord is a member of.
                    inner = _several(_kwargs(signature).get("tasks"))
                    last = inner[-1] if inner else None
                case _:
                    return _own_end(signature, options)
            if not _is_signature(last):
                return None
            signature = last
    return None


def _own_end(signature: Signature, options: Mapping[str, Any]) -> str | None:
    grouped = options.get("group_index") is not None
    if grouped and options.get("group_id"):
        return _text(options["group_id"])
    return _text(options.get("task_id"))


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
        kwargs = _kwargs(one)
        match one.get("subtask_type"):
            case "chain":
                waiting += _several(kwargs.get("tasks"))[:1]
            case "chord":
                waiting += _members(kwargs.get("header")) or _several([kwargs.get("body")])
            case "group":
                waiting += _members(one)
            case _:
                if (task_id := _text(_options(one).get("task_id"))) is not None:
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
            if _is_signature(body) and self._is_new(body, body):
                afterwards.append(body)

        wait_for(ahead.chord)
        for _ in range(MOST_LOOKED_AT):
            if not waiting:
                if not afterwards:
                    return
                waiting.append(afterwards.popleft())
            one = waiting.pop()
            options = _options(one)
            composed = one.get("subtask_type") in _PARTS
            task_id = None if composed else _text(options.get("task_id"))
            if task_id is not None:
                if task_id in self._seen:
                    continue
                self._seen.add(task_id)
                yield Step(task_id, str(one.get("task") or ""), one)
            chain = _several(options.get("chain"))
            if chain and self._is_new(chain[-1], chain[0]):
                waiting += chain  # the last step first
            waiting += reversed(_several(options.get("link")))
            wait_for(options.get("chord"))
            wait_for(_kwargs(one).get("body") if one.get("subtask_type") == "chord" else None)
            waiting += reversed(_parts(one))


def _parts(signature: Signature) -> list[Signature]:
    """The members of a composed signature, without a chord's body."""
    name = _PARTS.get(signature.get("subtask_type"))
    return [] if name is None else _members(_kwargs(signature).get(name))


def joins(ahead: Embed) -> bool:
    """Whether a step waits for several tasks: a chord's body, or what follows a group."""
    if ahead.chord is not None:
        return True
    return any(
        one.get("subtask_type") in ("chord", "group") or _is_signature(_options(one).get("chord"))
        for one in ahead.chain
    )


def named(heads: Iterable[tuple[str, Embed]]) -> str:
    """A canvas' name, made of the task names in its first messages: `fetch ×8 → merge`."""
    name = Name()
    for head in heads:
        name.add(*head)
    return name.text


class Name:
    """A canvas' name, made of one message after the other."""

    def __init__(self) -> None:
        self._arms: dict[str, int] = {}
        self._bodies: dict[str, None] = {}
        #: The body that was labelled last: the members of a chord's header hold the same one.
        self._body: Signature | None = None

    def add(self, name: str, ahead: Embed) -> None:
        """Adds a first message: its task's name, and what runs after it."""
        arm = _short(name)
        if ahead.chain:
            arm = _chained([arm, *map(_label, reversed(ahead.chain))])
        self._arms[arm] = self._arms.get(arm, 0) + 1
        body = ahead.chord
        if body is None and ahead.chain:
            # A chain in a chord's header has the body in the options of its last step.
            body = _options(ahead.chain[0]).get("chord")
        if body is not self._body and _is_signature(body):
            self._body = body
            self._bodies.setdefault(_label(body))

    @property
    def text(self) -> str:
        """The name as far as it is known."""
        parts = [_told(self._arms), *self._bodies]
        return _cut(" → ".join(part for part in parts if part))


def _label(signature: Signature) -> str:
    """A signature as a name like `fetch ×8 → merge`, its own parts and no deeper ones."""
    kwargs = _kwargs(signature)
    match signature.get("subtask_type"):
        case "chain":
            said = _chained([_name_of(s) for s in _several(kwargs.get("tasks"))[:_SHOWN]])
        case "group":
            said = _counted([_name_of(s) for s in _members(signature)[:_COUNTED]])
        case "chord":
            header = _counted([_name_of(s) for s in _members(kwargs.get("header"))[:_COUNTED]])
            body = kwargs.get("body")
            said = _chained([header, _name_of(body) if _is_signature(body) else ""])
        case _:
            said = _short(str(signature.get("task") or ""))
    after = [_name_of(s) for s in reversed(_several(_options(signature).get("chain"))[-_SHOWN:])]
    return _cut(_chained([said, *after]))


def _name_of(signature: Signature) -> str:
    """A part of a canvas as the names of its tasks."""
    kwargs = _kwargs(signature)
    match signature.get("subtask_type"):
        case "chain":
            inner = _several(kwargs.get("tasks"))[:_SHOWN]
            return _chained([_short(str(s.get("task") or "")) for s in inner])
        case "group":
            return _counted([_short(str(s.get("task") or "")) for s in _members(signature)])
        case "chord":
            header, body = _members(kwargs.get("header")), kwargs.get("body")
            names = _counted([_short(str(s.get("task") or "")) for s in header])
            last = _short(str(body.get("task") or "")) if _is_signature(body) else ""
            return _chained([names, last])
        case _:
            return _short(str(signature.get("task") or ""))


def _counted(labels: list[str]) -> str:
    """The labels, equal ones once with their number, those after the first few as an ellipsis."""
    counts: dict[str, int] = {}
    for label in labels:
        counts[label] = counts.get(label, 0) + 1
    return _told(counts)


def _told(counts: Mapping[str, int]) -> str:
    told = [_times(label, n) for label, n in islice(counts.items(), _SHOWN)]
    return ", ".join(told) + (", …" if len(counts) > _SHOWN else "")


def _times(label: str, number: int) -> str:
    if number == 1:
        return label
    return f"({label}) ×{number}" if " → " in label else f"{label} ×{number}"


def _chained(labels: list[str]) -> str:
    shown = labels if len(labels) <= _SHOWN + 1 else [*labels[:_SHOWN], "…", labels[-1]]
    return " → ".join(label for label in shown if label)


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _cut(label: str) -> str:
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _members(group: Any) -> list[Signature]:
    """A group's members, or those of a chord's header, which may be a list instead of a group."""
    if isinstance(group, dict):
        return _several(_kwargs(group).get("tasks"))
    return _several(group)


def _several(value: Any) -> list[Signature]:
    """The signatures of a list, or a single one that takes the place of a list."""
    if not value:
        return []
    if isinstance(value, dict):
        return [value] if _is_signature(value) else []
    return [one for one in value if _is_signature(one)] if isinstance(value, Iterable) else []


def _is_signature(value: Any) -> TypeGuard[Signature]:
    return isinstance(value, dict) and "task" in value


def _options(signature: Signature) -> Mapping[str, Any]:
    options = signature.get("options")
    return options if isinstance(options, dict) else {}


def _kwargs(signature: Signature) -> Mapping[str, Any]:
    kwargs = signature.get("kwargs")
    return kwargs if isinstance(kwargs, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
