"""Delivery of an event as its target's URL asks for: a POST, or a message by Apprise; each needs an
extra of its own."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final

from ..record.webhook_target import Target
from .answer import Answer

#: The packages of each extra.
PARTS: Final = {"webhooks": ("httpcore", "standardwebhooks"), "notify": ("apprise",)}


def extra_of(target: Target) -> str:
    """The extra that has what a target needs."""
    return "webhooks" if target.by_http else "notify"


def missing(targets: Iterable[Target]) -> list[str]:
    """What is not installed, one sentence an extra."""
    found = []
    for extra in sorted(set(map(extra_of, targets))):
        if absent := [name for name in PARTS[extra] if find_spec(name) is None]:
            names = " and ".join(absent)
            found.append(f"webhooks need {names}: pip install 'progress-backend[{extra}]'")
    return found


def deliver(target: Target, event_id: str, body: bytes) -> Answer:
    """Sends an event once; what came of it."""
    if target.by_http:
        from .post import post

        return post(target, event_id, body)
    from .notify import notify

    return notify(target, event_id, body)
