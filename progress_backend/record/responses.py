"""HTTP responses made from checked records: bodies, rows of a list, ETags."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

from ..errors import ForeignValue
from . import default_texts
from .default_texts import Locale, text
from .fields import Body
from .json_text import document_of, parsed
from .local_time import moment, optional_moment
from .model import ENDED
from .redelivery import left_s

#: Texts that may be default ones, each with the name of its code.
_TEXTS: Final = {
    "current_status": "message_code",
    "message": "message_code",
    "error_message": "error_code",
    "text": "text_code",
}
#: Names of a body's lists with such texts, and of the times that a text's date is compared with.
_WITH_TEXTS: Final = ("tasks", "workflows", "failures", "entries")
_AT: Final = ("updated_at", "timestamp", "time")


def as_of(record: Body, now: datetime, locale: Locale) -> Body:
    """A record as it is to be read now: an end is final once no message can be delivered again, and
    an estimated start has not passed."""
    if record.start_estimate is not None and moment(record.start_estimate.latest) <= now:
        record.start_estimate = None
    until = optional_moment(record.may_come_again_until)
    if until is not None and record.status in ENDED and not left_s(True, until, now):
        record.final = True
        failed = text(locale, "failed")
        record.current_status, record.message_code = str(failed), failed.code
    return record


def still_runs(body: Mapping[str, Any]) -> bool:
    """As `Task.still_runs`, of a body, row or message."""
    return body["status"] in ENDED and (body.get("control") or {}).get("acknowledged_at", 0) is None


#: The reader's locale, and the locale of the text in place of errors: see `in_language`.
Languages = tuple[Locale | None, Locale | None]


def in_language(
    document: bytes, locale: Locale | None, without_errors: Locale | None = None
) -> bytes:
    """A body, list, message or timeline with its default texts in a language, if one is requested;
    a user's own texts stay. `without_errors` is the language of the default text in place of
    exceptions' texts, for callers who may not see these.

    Raises:
        ForeignValue: exceptions' texts cannot be left out.
    """
    if without_errors is not None:
        try:
            body = parsed(document)
            _leave_errors_out(body, without_errors)
            document = document_of(body)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ForeignValue(None, "it cannot be shown without its errors") from None
    if locale is None or b'_code":{' not in document:
        return document
    try:
        return document_of(_in_language(parsed(document), locale))
    except ValueError:  # JSON that Python reads alone, or a time of another program
        return document


def _in_language(body: dict[str, Any], locale: Locale) -> dict[str, Any]:
    at = next((body[name] for name in _AT if body.get(name) is not None), None)
    for name, its_code in _TEXTS.items():
        if (code := body.get(its_code)) and (given := body.get(name)) is not None:
            body[name] = str(default_texts.in_language(locale, given, code, optional_moment(at)))
    for name in _WITH_TEXTS:
        for part in body.get(name, ()):
            _in_language(part, locale)
    return body


def _leave_errors_out(body: dict[str, Any], locale: Locale) -> None:
    failed = text(locale, "failed")
    names = ["error_message"]
    if body.get("status") == "error" or body.get("event") in ("ended", "retried"):
        names.append("text")  # of a timeline's entry
    elif body.get("event") == "cancel" and body.get("by") == "task":  # its job raised it
        body.pop("text", None)
    if (control := body.get("control")) is not None and control.get("by") == "task":
        control["reason"] = None
    for name in names:
        its = body.get(_TEXTS[name])
        if body.get(name) and (not its or _has_reason(its)):
            body[name], body[_TEXTS[name]] = str(failed), failed.code
    if _has_reason(body.get("message_code")):  # a retry's
        name = "message" if "message" in body else "current_status"
        body[name] = ""
        del body["message_code"]
        if body["status"] != "created":
            progress = body["progress"]
            through = default_texts.progress_text(locale, progress["current"], progress["total"])
            body[name], body["message_code"] = str(through), through.code
    for name in _WITH_TEXTS:
        for part in body.get(name, ()):
            _leave_errors_out(part, locale)


def _has_reason(code: Any) -> bool:
    """Whether a default text has an exception's text among its blanks."""
    return isinstance(code, dict) and "reason" in code.get("args", ())


def entity_tag(record: Body, document: bytes, locale: Locale | None = None) -> str:
    """The ETag of a record that is sent as `document`: created_at, revision, and whether its end
    became final by time alone; for a waiting task with its place, instead a digest of the document;
    and the language, if one is requested.

    It is weak, since the estimate of a task without a rate of its own may change without a new
    revision.
    """
    later = "/final" if record.final and record.may_come_again_until is not None else ""
    if record.ahead is not None:
        later = f"/{blake2b(document, digest_size=6).hexdigest()}"
    languages = "" if locale is None else f"/{locale}"
    return f'W/"{record.created_at}/{record.revision}{later}{languages}"'
