"""Webhook targets: the JSON of PROGRESS_WEBHOOKS, and which events a target wants; pure."""

from __future__ import annotations

import base64
import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from ..errors import SettingsError

#: Most targets that are configured at once: each has threads and a stream of its own.
MOST: Final = 16
#: `task_type` of a workflow's events.
WORKFLOW: Final = "workflow"
#: The filters.
FILTERS: Final = ("task_type", "status", "warning", "owner")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SECRET: Final = "whsec_"  # noqa: S105  # how a secret begins
#: Bytes of a secret, as Standard Webhooks requires.
_SECRET_BYTES: Final = range(24, 65)
#: Of a filter that is given.
_SOME: Final = Meta(min_length=1)
_Texts = Annotated[tuple[Annotated[str, _SOME], ...], _SOME]


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A receiver of events. Filters that are empty filter nothing."""

    name: str
    url: str
    #: Signing secrets in the form of Standard Webhooks (`whsec_…`); two while they are rotated.
    secret: Annotated[tuple[str, ...], Meta(min_length=1, max_length=2)]
    task_type: _Texts = ()
    #: Ends and warnings that the target wants; if one filter is given, nothing of the other.
    status: Annotated[tuple[Literal["completed", "error", "cancelled"], ...], _SOME] = ()
    warning: Annotated[tuple[Literal["stalled", "late"], ...], _SOME] = ()
    #: Only these owners' tasks, and workflows with members of one of them alone.
    owner: _Texts = ()
    #: Whether the address may be a private, loopback or link-local one.
    allow_private: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a name has small letters, digits, - and _, 64 at most")
        if not _is_url(self.url):
            raise ValueError(
                f"webhook {self.name} needs an http:// or https:// url without a user name"
            )
        if not all(map(_is_secret, self.secret)):
            raise ValueError(
                f"webhook {self.name} needs a secret: {_SECRET} and 24 to 64 random bytes in "
                "base64, as openssl rand -base64 32 makes them"
            )

    def __repr__(self) -> str:
        return f"Target({self.name!r})"  # the rest may be a secret

    def wants(self, task_type: str, kind: str, owner: str | None) -> bool:
        """Whether the target wants an event: `kind` is a status of an end, or a warning."""
        if self.owner and owner not in self.owner:
            return False
        if self.task_type and task_type not in self.task_type:
            return False
        return not (self.status or self.warning) or kind in self.status or kind in self.warning


def read(text: str) -> tuple[Target, ...]:
    """Reads the targets of a JSON list of objects.

    Raises:
        SettingsError: the text is no such list; the message has no secret and no URL.
    """
    if not text.strip():
        return ()
    try:
        given = msgspec.json.decode(text, type=list[dict[str, object]])
        targets = msgspec.convert([_with_lists(one) for one in given], tuple[Target, ...])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SettingsError(f"webhooks must be a JSON list of targets: {error}") from None
    if len(targets) > MOST:
        raise SettingsError(f"there are {len(targets)} webhooks: give at most {MOST}")
    names = [target.name for target in targets]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SettingsError(f"webhook {min(twice)} occurs twice: give each target its own name")
    return targets


def _with_lists(given: dict[str, object]) -> dict[str, object]:
    """A target, of which a text may stand for a list of one."""
    lists = {name: given[name] for name in ("secret", *FILTERS) if isinstance(given.get(name), str)}
    return given | {name: [text] for name, text in lists.items()}


def _is_url(given: str) -> bool:
    if not (given.isascii() and given.isprintable()) or " " in given:
        return False
    try:
        parts = urlsplit(given)
        reached = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # of a port that is none
        return False
    return bool(reached) and given.startswith(("http://", "https://"))


def _is_secret(given: str) -> bool:
    try:
        found = base64.b64decode(given.removeprefix(_SECRET), validate=True)
    except ValueError:
        return False
    return given.startswith(_SECRET) and len(found) in _SECRET_BYTES
