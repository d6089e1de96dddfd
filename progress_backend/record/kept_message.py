"""What a task was published with, kept beside its record so that it can be run again; pure.

With signing keys the text is signed for its task: whoever can write to Redis, but does not have a
key, cannot have other arguments run.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

#: Largest text, in bytes.
MAX_BYTES: Final = 64 * 1024
_UNSIGNED: Final = "-"


class NotSigned(Exception):
    """A kept text that none of the keys has signed for this task."""


def signed(text: str, keys: tuple[str, ...], *about: str) -> bytes | None:
    """A text as it is stored, signed with the first key; None if it is too large. `about` is what
    the signature is for: key prefix, task id, task name and owner."""
    stored = f"{_signature(keys[0], text, about) if keys else _UNSIGNED} {text}"
    encoded = stored.encode("utf-8", "surrogatepass")
    return encoded if len(encoded) <= MAX_BYTES else None


def read(stored: bytes) -> str:
    """The text of what is stored, signed or not."""
    return stored.decode("utf-8", "surrogatepass").partition(" ")[2]


def check(stored: bytes, keys: tuple[str, ...], *about: str) -> None:
    """Checks the signature, if there are keys.

    Raises:
        NotSigned: none of them has signed the text for this task.
    """
    signature, text = stored.partition(b" ")[0].decode("latin-1"), read(stored)
    known = (hmac.compare_digest(signature, _signature(key, text, about)) for key in keys)
    if keys and not any(known):
        raise NotSigned


def _signature(key: str, text: str, about: Iterable[str]) -> str:
    digest = hmac.new(key.encode(), b"progress-backend message", hashlib.sha256)
    for part in (*about, text):
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:" % len(encoded) + encoded)
    return digest.hexdigest()
