"""Secrets in the texts and values of an event are masked before the record has them; pure.

A password in a URL, and the values of keys that are named like secrets, become `***`: in messages,
error messages, reasons, results, details and metadata. A site's own function comes after that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

from .events import EndRequest, Event, Identity
from .fields import MAX_DOCUMENT_BYTES
from .json_text import DEEPEST, text_of
from .packed_event import clip
from .secret_texts import MASK, patterns

#: Keys with values that are masked unless a setting names others.
KEYS: Final = (
    *("password", "passwd", "passphrase", "pwd", "secret", "token", "api_key", "apikey"),
    *("access_key", "private_key", "authorization", "cookie", "credentials"),
)

#: A site's own redaction: gets a field's name and value, and returns the value to record.
Redact = Callable[[str, Any], Any]
E = TypeVar("E", bound=Event)

_TEXTS: Final = frozenset({"message", "error_message", "reason"})
_MAPPINGS: Final = frozenset({"results", "details"})
_PARTS: Final = frozenset({"identity", "asked"})
_SCALARS: Final = (int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is masked: the keys, and a site's own function; None for none."""

    keys: tuple[str, ...] = KEYS
    function: Redact | None = None

    def of(self, event: E, clips: bool = True) -> E:
        """The event as it may be recorded: the event itself if it has no mapping and nothing is
        masked. `clips`: a mapping that no record can have becomes a note of its size."""
        changed: dict[str, Any] = {}
        for name in _named(type(event)):
            if not (value := getattr(event, name)):
                continue  # most values of a run have no text
            is_part = name in _PARTS
            masked = self._of_part(value, clips) if is_part else self.value(name, value, clips)
            if masked is not value:
                changed[name] = masked
        return event.replace(**changed) if changed else event

    def _of_part(self, part: Identity | EndRequest, clips: bool) -> Identity | EndRequest:
        name = "metadata" if isinstance(part, Identity) else "reason"
        value = getattr(part, name)
        masked = self.value(name, value, clips)
        return part if masked is value else part._replace(**{name: masked})

    def value(self, name: str, value: Any, clips: bool = True) -> Any:
        """A field's value as it may be recorded: a text itself where nothing is masked, a mapping
        as a copy, which its job no longer changes."""
        if not value:
            return value
        if self.function is None:
            if clips and isinstance(value, Mapping):  # the search would delay the job's end
                value = clip(value, MAX_DOCUMENT_BYTES)
            return self._of_value(value, ())
        masked = self._of_value(value, ())
        kind: type = Mapping if isinstance(value, Mapping) else str
        try:
            given = self.function(name, masked)
        except Exception as error:  # whatever a site's own function raises
            given, fault = None, type(error).__name__
        else:
            fault = f"it returned {type(given).__name__}"
        if isinstance(given, kind):
            return given
        note = f"{MASK} (the redact function failed: {fault})"
        return {"redacted": note} if kind is Mapping else note

    def hides(self, code: str) -> bool:
        """Whether lines of code are masked whole: a secret's name is in them, and code has secrets
        in more forms than texts."""
        return patterns(self.keys)[2](code)

    def _of_value(self, value: Any, above: tuple[int, ...]) -> Any:
        """The value without secrets; containers are copied. `above` are the ids of those around
        it."""
        if isinstance(value, _SCALARS):
            return value
        if isinstance(value, str):
            return self._of_text(value)
        if len(above) < DEEPEST and id(value) not in above:
            inside = (*above, id(value))
            if isinstance(value, Mapping):
                return self._of_mapping(value, inside)
            if isinstance(value, (list, tuple)):
                return [self._of_value(item, inside) for item in list(value)]
        # What JSON does not have is recorded as its text.
        text = text_of(value)
        masked = self._of_text(text)
        return value if masked is text else masked

    def _of_mapping(self, value: Mapping[Any, Any], inside: tuple[int, ...]) -> Mapping[Any, Any]:
        is_secret = patterns(self.keys)[0]
        masked = {}
        for key, item in list(value.items()):  # a thread of the job may add others meanwhile
            name = text_of(key)
            # Not by == alone: an array compares its elements, and has no truth.
            blank = item is None or (isinstance(item, str) and item in ("", MASK))
            secret = not blank and is_secret(name)
            shown = self._of_text(name)
            kept = MASK if secret else self._of_value(item, inside)
            masked[key if shown is name else shown] = kept
        return masked

    def _of_text(self, text: str) -> str:
        masked = patterns(self.keys)[1](text)
        return text if masked == text else masked


@lru_cache
def _named(kind: type[Event]) -> tuple[str, ...]:
    """The fields of a kind of event that may have a secret."""
    return tuple(n for n in kind.__struct_fields__ if n in _TEXTS | _MAPPINGS | _PARTS)
