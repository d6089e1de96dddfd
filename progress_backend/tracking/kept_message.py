"""The arguments and options of a message, as they are kept for a task that other programs may
start."""

from __future__ import annotations

from typing import Any

from kombu.utils import json

from ..record.events import Identity
from ..record.kept_message import read, signed
from ..settings import Settings
from .identity import header_of

#: Values of a message that a task which runs again has, too: nothing that names its time.
_PROPERTIES = ("priority",)


def kept(
    task_id: str,
    name: str,
    identity: Identity,
    body: Any,
    route: dict[str, Any],
    settings: Settings,
) -> bytes | None:
    """The text to keep; None where it is too large or no JSON. `route` is what the signal says of
    the message's way: exchange, routing key, queues and properties."""
    try:
        args, kwargs = body[0], body[1]
        text: str = json.dumps(  # type: ignore[no-untyped-call]  # kombu has none
            {
                "task": name,
                "args": args,
                "kwargs": kwargs,
                "options": _options(route),
                "header": header_of(identity._replace(again=None)),
            }
        )
    except (TypeError, ValueError, KeyError, IndexError, RecursionError):
        return None
    owner = identity.owner or ""
    return signed(text, settings.signing_keys, settings.key_prefix, task_id, name, owner)


def loaded(stored: bytes) -> dict[str, Any]:
    """What is kept: task, args, kwargs, options and header; its signature is not checked.

    Raises:
        ValueError: it is no JSON object.
    """
    found = json.loads(read(stored))  # type: ignore[no-untyped-call]  # kombu has none
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    return found


def _options(route: dict[str, Any]) -> dict[str, Any]:
    queues, properties = route.get("declare") or (), route.get("properties") or {}
    options = {name: properties[name] for name in _PROPERTIES if properties.get(name) is not None}
    queue = next((str(queue.name) for queue in queues if getattr(queue, "name", None)), None)
    exchange, key = route.get("exchange"), route.get("routing_key")
    if queue is not None:
        options["queue"] = queue
    elif exchange:
        options["exchange"] = str(getattr(exchange, "name", exchange))
    if exchange and key:
        options["routing_key"] = str(key)
    return options
