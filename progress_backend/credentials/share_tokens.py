"""Share tokens: signed, expiring permission to read one task, one workflow, or the tasks of a type
or of an owner.

A site signs one for its own user's browser, and the API lets its holder read that and nothing else.
The signature is HMAC-SHA-256 by itsdangerous: it knows one algorithm only, and takes several keys
while they are rotated.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from itsdangerous import BadData, URLSafeSerializer

from ..errors import InvalidEvent, SettingsError
from ..settings import Settings

#: What a share token is for.
Shared = Literal["task", "workflow", "task_type", "owner"]
#: What a share token begins with.
BEGINS: Final = "pbs_"
#: Fewest characters of a key.
KEY: Final = 32
#: Default and longest lifetime of a token in seconds.
TTL_S: Final = 3_600.0
MOST_TTL_S: Final = 30 * 86_400.0
#: Tokens of which what they permit is kept: a signature takes a third of a request's time.
_REMEMBERED: Final = 10_000
#: Longest text that is looked at.
_LONGEST: Final = 2_048
_KINDS: Final[tuple[Shared, ...]] = ("task", "workflow", "task_type", "owner")


@dataclass(frozen=True, slots=True)
class Share:
    """What a token permits to read, and until when, in seconds since 1970."""

    kind: Shared
    name: str
    until: float


def sign(
    *,
    task_id: str | None = None,
    workflow_id: str | None = None,
    task_type: str | None = None,
    owner: str | None = None,
    ttl: float = TTL_S,
    settings: Settings | None = None,
) -> str:
    """Signs a token with which a browser may read one task, one workflow with its tasks, or the
    tasks of one type or of one owner, and nothing else, until it expires.

    Give one of the four. It is signed with the first of PROGRESS_SIGNING_KEYS; the API accepts
    what any of them has signed.

    Args:
        task_id: id of the task; its record need not exist yet.
        workflow_id: id of the workflow.
        task_type: type of the tasks.
        owner: owner of the tasks, and of the workflows in which all members have this owner.
        ttl: seconds until it expires, 30 days at most.
        settings: settings with `signing_keys`; without them the environment's.

    Returns:
        The token.

    Raises:
        SettingsError: there are no signing keys, or one is too short.
        InvalidEvent: none or several of the four are given, or `ttl` is out of range.
    """
    if settings is None:
        settings = Settings.from_sources(None, os.environ)
    given = [
        (kind, name)
        for kind, name in zip(_KINDS, (task_id, workflow_id, task_type, owner), strict=True)
        if name
    ]
    if len(given) != 1:
        raise InvalidEvent(
            "a share token is for a task_id, a workflow_id, a task_type or an owner: give one"
        )
    if not 0 < ttl <= MOST_TTL_S:
        raise InvalidEvent(f"ttl is {ttl!r}; it must be above 0, and {MOST_TTL_S:.0f} s at most")
    ((kind, name),) = given
    return ShareTokens(settings.signing_keys).sign(Share(kind, name, expires(ttl)))


def expires(ttl: float) -> float:
    """When a token that is signed now expires, in whole seconds since 1970."""
    return float(math.ceil(time.time() + ttl))


class ShareTokens:
    """Signs and reads share tokens with some keys; the first key signs."""

    def __init__(self, keys: tuple[str, ...], clock: Callable[[], float] = time.time) -> None:
        """Takes the keys.

        Raises:
            SettingsError: a key is too short.
        """
        if any(len(key) < KEY for key in keys):
            raise SettingsError(
                f"PROGRESS_SIGNING_KEYS has a key of less than {KEY} characters: `openssl rand "
                "-hex 32` makes one"
            )
        # itsdangerous signs with the last one.
        self._serializer = (
            URLSafeSerializer(
                list(reversed(keys)),
                salt="progress-backend share",
                signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
            )
            if keys
            else None
        )
        self._clock = clock
        self._known = lru_cache(_REMEMBERED)(self._signed)

    @property
    def configured(self) -> bool:
        """Whether there are keys."""
        return self._serializer is not None

    def sign(self, share: Share) -> str:
        """Signs a token.

        Raises:
            SettingsError: there are no keys.
        """
        if self._serializer is None:
            raise SettingsError(
                "there are no keys to sign with: set PROGRESS_SIGNING_KEYS to a random text"
            )
        signed = self._serializer.dumps([share.kind, share.name, int(share.until)])
        text = signed.decode() if isinstance(signed, bytes) else signed
        return BEGINS + text

    def read(self, text: str) -> Share | None:
        """What a token permits; None if it was not signed here or has expired."""
        if len(text) > _LONGEST or not text.startswith(BEGINS):
            return None
        share = self._known(text)
        return share if share is not None and share.until > self._clock() else None

    def _signed(self, text: str) -> Share | None:
        if self._serializer is None:
            return None
        try:
            kind, name, until = self._serializer.loads(text[len(BEGINS) :])
            return Share(kind, name, float(until)) if kind in _KINDS else None
        except (BadData, ValueError, TypeError):
            return None
