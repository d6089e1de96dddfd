"""Webhook targets: the JSON of PROGRESS_WEBHOOKS, and which events a target asks for; pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import SettingsError
from .model import ENDED, KINDS

#: Most targets that are configured at once: each has threads and an outbox of its own.
MOST: Final = 16
#: `task_type` of a workflow's events.
WORKFLOW: Final = "workflow"
_HTTP: Final = ("http://", "https://")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,31}://.+")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SECRET: Final = "whsec_"  # noqa: S105  # how a secret begins
#: Bytes of a secret, as Standard Webhooks asks for.
_SECRET_BYTES: Final = range(24, 65)
#: Secrets of one target while they are rotated.
_SECRETS: Final = 2
_STATUSES: Final = tuple(sorted(ENDED))


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver of events. Filters that are empty filter nothing."""

    name: str
    #: Kept out of logs, since a path or query may be a secret.
    url: str = field(repr=False)
    #: The secrets that sign, in the form of Standard Webhooks (`whsec_…`).
    secrets: tuple[str, ...] = field(repr=False)
    task_type: tuple[str, ...] = ()
    #: Ends that the target asks for, and warnings; with one of both filters, nothing of the other.
    status: tuple[str, ...] = ()
    warning: tuple[str, ...] = ()
    #: Only these owners' tasks, and workflows whose members are all of one of them.
    owner: tuple[str, ...] = ()
    #: Whether the address may be a private, loopback or link-local one.
    allow_private: bool = False

    @property
    def by_http(self) -> bool:
        """Whether events are posted to the URL; else it is one of Apprise's."""
        return self.url.startswith(_HTTP)

    @property
    def place(self) -> str:
        """The URL's scheme and host, for people; of one of Apprise's the scheme alone, since the
        rest may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc if self.by_http else '…'}"

    def wants(self, task_type: str, kind: str, owner: str | None) -> bool:
        """Whether the target asks for an event: `kind` is a status of an end, or a warning."""
        if self.owner and owner not in self.owner:
            return False
        if self.task_type and task_type not in self.task_type:
            return False
        return not (self.status or self.warning) or kind in self.status or kind in self.warning

    @property
    def wants_workflows(self) -> bool:
        """Whether the target may ask for ends of workflows."""
        kinds = bool(self.status) or not self.warning
        return kinds and (not self.task_type or WORKFLOW in self.task_type)


def read(text: str) -> tuple[Target, ...]:
    """Reads the targets of a JSON list of objects.

    Raises:
        SettingsError: the text is no such list; the message has no secret and no URL.
    """
    if not text.strip():
        return ()
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"webhooks have to be JSON: {error}") from None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise SettingsError('webhooks have to be a JSON list: [{"name": …, "url": …, "secret": …}]')
    if len(given) > MOST:
        raise SettingsError(f"there are {len(given)} webhooks; {MOST} are the most")
    targets = tuple(map(_target, given))
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"webhook {name} comes twice: each name is of one target")
    return targets


def _target(given: dict[str, Any]) -> Target:
    name = given.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise SettingsError("a webhook needs a name of small letters, digits, - and _, 64 at most")
    unknown = given.keys() - {"name", "url", "secret", *_READERS}
    if unknown:
        known = ", ".join(("name", "url", "secret", *_READERS))
        raise SettingsError(f"webhook {name} has an unknown {min(unknown)!r}; known: {known}")
    rest = {one: reader(name, given[one]) for one, reader in _READERS.items() if one in given}
    url = _url(name, given.get("url"))
    if url.startswith(_HTTP):
        return Target(name, url, _secrets(name, given.get("secret")), **rest)
    if given.keys() & {"secret", "allow_private"}:
        raise SettingsError(f"webhook {name} is one of Apprise's: no secret or allow_private")
    return Target(name, url, (), **rest)


def _url(name: str, given: object) -> str:
    refused = SettingsError(
        f"webhook {name} needs an http:// or https:// url without a user, or one of Apprise's"
    )
    if not isinstance(given, str) or not given.isascii() or not given.isprintable():
        raise refused
    if not given.startswith(_HTTP):
        if not _SCHEME.fullmatch(given):
            raise refused
        return given
    try:
        parts = urlsplit(given)
        known = parts.hostname and parts.port != 0
    except ValueError:
        raise refused from None
    if not known or "@" in parts.netloc or " " in given:
        raise refused
    return given


def _secrets(name: str, given: object) -> tuple[str, ...]:
    secrets = given if isinstance(given, list) else [given]
    if not 0 < len(secrets) <= _SECRETS or not all(map(_is_secret, secrets)):
        raise SettingsError(
            f"webhook {name} needs a secret: {_SECRET} and 24 to 64 random bytes in base64 "
            "(progress-backend webhook secret makes one); a list of two while they are rotated"
        )
    return tuple(secrets)


def _is_secret(given: object) -> bool:
    if not isinstance(given, str) or not given.startswith(_SECRET):
        return False
    try:
        found = base64.b64decode(given.removeprefix(_SECRET), validate=True)
    except ValueError:
        return False
    return len(found) in _SECRET_BYTES


def _texts(known: tuple[str, ...] | None, what: str) -> Callable[[str, object], tuple[str, ...]]:
    """A reader of a filter: a text, or a list of texts."""

    def reader(name: str, given: object) -> tuple[str, ...]:
        texts = given if isinstance(given, list) else [given]
        fits = [isinstance(one, str) and bool(one) and (not known or one in known) for one in texts]
        if not texts or not all(fits):
            some = "texts" if known is None else f"some of {', '.join(known)}"
            raise SettingsError(f"webhook {name} has a {what} that is not {some}")
        return tuple(texts)

    return reader


def _flag(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise SettingsError(f"webhook {name} has an allow_private that is not true or false")
    return given


_READERS: Final[dict[str, Callable[[str, object], Any]]] = {
    "task_type": _texts(None, "task_type"),
    "status": _texts(_STATUSES, "status"),
    "warning": _texts(KINDS, "warning"),
    "owner": _texts(None, "owner"),
    "allow_private": _flag,
}
