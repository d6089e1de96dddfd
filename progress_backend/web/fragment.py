"""A task or workflow as a piece of HTML, for pages that ask with `Accept: text/html` or follow an
event stream of such pieces: htmx needs no script of the page's own."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from fastapi import Response

from ..record.default_texts import Locale
from .stored_answer import STATUS_VARY

_STATUSES: Final[dict[Locale, dict[str, str]]] = {
    "en": {
        "created": "Waiting",
        "running": "Running",
        "paused": "Paused",
        "completed": "Completed",
        "error": "Error",
        "cancelled": "Cancelled",
    },
    "ja": {
        "created": "待機中",
        "running": "実行中",
        "paused": "一時停止中",
        "completed": "完了",
        "error": "エラー",
        "cancelled": "キャンセル済み",
    },
}
_WORKFLOW: Final[dict[Locale, str]] = {"en": "Workflow", "ja": "ワークフロー"}
#: It has no script, and if a browser opens it as a page none may run.
HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Vary": STATUS_VARY,
}
#: The status by which htmx ends a poll (hx-trigger="every …").
_ENDS_POLL: Final = 286


def asked_for(headers: dict[bytes, bytes]) -> bool:
    """Whether a request's headers ask for HTML. A person who opens the address in a browser asks
    for it among others, and gets the JSON that it has always been."""
    accepted = headers.get(b"accept", b"")
    return b"text/html" in accepted and headers.get(b"sec-fetch-mode") != b"navigate"


def fragment(body: dict[str, Any], locale: Locale) -> str:
    """The HTML of a task's or workflow's body, or of its message; one line."""
    status, progress = str(body["status"]), body["progress"]
    name = _name(body, locale)
    message = body.get("message") or body.get("current_status")
    error = body.get("error_message")
    share = f"{progress['percentage']}%"
    # A bar without a value is one with an unknown end.
    value = "" if _unknown(body) else f' value="{progress["percentage"]}"'
    parts = [
        f'<strong class="name">{_line(name)}</strong>',
        f'<span class="status">{_line(_STATUSES[locale].get(status, status))}</span>',
        f'<progress max="100"{value} aria-label="{_line(name)}">{share}</progress>',
        f'<span class="figures">{_line(_figures(progress, share))}</span>',
        f'<p class="message">{_line(message)}</p>' if message else "",
        f'<p class="problem">{_line(error)}</p>' if error and error != message else "",
    ]
    final = "true" if body.get("final") else "false"
    data = f'data-status="{_line(status)}" data-final="{final}"'
    return f'<div class="task-progress" {data}>{"".join(parts)}</div>'


def in_place_of(answer: Response, headers: dict[bytes, bytes], locale: Locale) -> Response:
    """The response with the fragment of a body; at the end its status stops htmx's polling."""
    body: dict[str, Any] = json.loads(bytes(answer.body))
    polls = headers.get(b"hx-request") == b"true"
    status = _ENDS_POLL if polls and body.get("final") else 200
    return Response(fragment(body, locale), status, HEADERS, "text/html")


def _name(body: dict[str, Any], locale: Locale) -> str:
    if "counts" in body:
        return str(body.get("name") or _WORKFLOW[locale])
    return " ".join(str(part) for part in (body.get("task_type"), body.get("symbol")) if part)


def _unknown(body: dict[str, Any]) -> bool:
    return body["status"] == "running" and not body["progress"]["total"]


def _figures(progress: dict[str, Any], share: str) -> str:
    current, total = progress["current"], progress["total"]
    if total:
        return f"{share} · {current:,} / {total:,}"
    return f"{current:,}" if current else ""


def _line(text: Any) -> str:
    """A text as HTML, in one line: a line's end would end an event's."""
    return escape(" ".join(str(text).split()))
