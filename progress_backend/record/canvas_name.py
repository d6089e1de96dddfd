"""A canvas' name, made of the task names in its first messages: `fetch ×8 → merge`. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from .canvas import Embed
from .signature import Signature, is_signature, kwargs_of, members_of, options_of, several

#: Different parts that are written out, members that are counted, longest text.
_SHOWN, _COUNTED, _LONGEST = 4, 10_000, 120


def named(heads: Iterable[tuple[str, Embed]]) -> str:
    """A canvas' name, made of the task names in its first messages: `fetch ×8 → merge`."""
    name = CanvasName()
    for head in heads:
        name.add(*head)
    return name.text


class CanvasName:
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
            body = options_of(ahead.chain[0]).get("chord")
        if body is not self._body and is_signature(body):
            self._body = body
            self._bodies.setdefault(_label(body))

    @property
    def text(self) -> str:
        """The name as far as it is known."""
        parts = [_told(self._arms), *self._bodies]
        return _cut(" → ".join(part for part in parts if part))


def _label(signature: Signature) -> str:
    """A signature as a name like `fetch ×8 → merge`, its own parts and no deeper ones."""
    kwargs = kwargs_of(signature)
    match signature.get("subtask_type"):
        case "chain":
            said = _chained([_name_of(s) for s in several(kwargs.get("tasks"))[:_SHOWN]])
        case "group":
            said = _counted([_name_of(s) for s in members_of(signature)[:_COUNTED]])
        case "chord":
            header = _counted([_name_of(s) for s in members_of(kwargs.get("header"))[:_COUNTED]])
            body = kwargs.get("body")
            said = _chained([header, _name_of(body) if is_signature(body) else ""])
        case _:
            said = _short(str(signature.get("task") or ""))
    after = [_name_of(s) for s in reversed(several(options_of(signature).get("chain"))[-_SHOWN:])]
    return _cut(_chained([said, *after]))


def _name_of(signature: Signature) -> str:
    """A part of a canvas as the names of its tasks."""
    kwargs = kwargs_of(signature)
    match signature.get("subtask_type"):
        case "chain":
            inner = several(kwargs.get("tasks"))[:_SHOWN]
            return _chained([_short(str(s.get("task") or "")) for s in inner])
        case "group":
            return _counted([_short(str(s.get("task") or "")) for s in members_of(signature)])
        case "chord":
            header, body = members_of(kwargs.get("header")), kwargs.get("body")
            names = _counted([_short(str(s.get("task") or "")) for s in header])
            last = _short(str(body.get("task") or "")) if is_signature(body) else ""
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
