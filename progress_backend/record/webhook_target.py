"""Webhook targets: the JSON of PROGRESS_WEBHOOKS, and which events a target asks for; pure."""

from __future__ import annotations

import base64
import json
import re
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
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SECRET: Final = "whsec_"  # noqa: S105  # how a secret begins
#: Bytes of a secret, as Standard Webhooks asks for.
_SECRET_BYTES: Final = range(24, 65)
#: Secrets of one target while they are rotated.
_SECRETS: Final = 2
#: Filters, and the texts that each may name; none: any.
FILTERS: Final[dict[str, tuple[str, ...]]] = {
    "task_type": (),
    "status": tuple(sorted(ENDED)),
    "warning": KINDS,
    "owner": (),
}
_KNOWN: Final = ("name", "url", "secret", *FILTERS, "allow_private")


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
    def place(self) -> str:
        """The URL's scheme and host, for people: the rest may be a secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

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
    if unknown := given.keys() - set(_KNOWN):
        known = ", ".join(_KNOWN)
        raise SettingsError(f"webhook {name} has an unknown {min(unknown)!r}; known: {known}")
    filters = {what: _filter(name, what, given[what]) for what in FILTERS if what in given}
    private = given.get("allow_private", False)
    if not isinstance(private, bool):
        raise SettingsError(f"webhook {name} has an allow_private that is not true or false")
    url, secrets = _url(name, given.get("url")), _secrets(name, given.get("secret"))
    return Target(name, url, secrets, **filters, allow_private=private)


def _url(name: str, given: object) -> str:
    try:
        if isinstance(given, str) and given.isascii() and given.isprintable() and " " not in given:
            parts = urlsplit(given)
            reached = parts.hostname and parts.port != 0 and "@" not in parts.netloc
            if reached and given.startswith(_HTTP):
                return given
    except ValueError:  # of a port that is none
        pass
    raise SettingsError(f"webhook {name} needs an http:// or https:// url without a user")


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


def _filter(name: str, what: str, given: object) -> tuple[str, ...]:
    """A filter's texts, of a text or a list of texts."""
    known, texts = FILTERS[what], given if isinstance(given, list) else [given]
    fits = [isinstance(one, str) and bool(one) and (not known or one in known) for one in texts]
    if not texts or not all(fits):
        some = f"some of {', '.join(known)}" if known else "texts"
        raise SettingsError(f"webhook {name} has a {what} that is not {some}")
    return tuple(texts)
