"""A task or workflow as a piece of HTML, for pages that ask with `Accept: text/html` or follow an
event stream of such pieces: htmx needs no script of the page's own."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from fastapi import Response

from ..record.default_texts import Locale
from ..record.model import STATUSES
from ..record.responses import still_runs
from .stored_answer import STATUS_VARY

_JA: Final = ("待機中", "実行中", "一時停止中", "完了", "エラー", "キャンセル済み")
_STATUSES: Final[dict[Locale, dict[str, str]]] = {
    "en": {one: one.capitalize() for one in STATUSES} | {"created": "Waiting"},
    "ja": dict(zip(STATUSES, _JA, strict=True)),
}
#: In place of the status until the run has carried out the request that ended the record: a cancel,
#: or an end by force; and its worker.
_STILL_RUNS: Final[dict[Locale, tuple[str, str, str, str]]] = {
    "en": ("Cancel", "End", " requested, still running", " on {}"),
    "ja": ("キャンセル", "終了", "の依頼中（実行中）", "：{}"),
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


def fragment(body: dict[str, Any], locale: Locale) -> str:
    """The HTML of a task's or workflow's body, or of its message; one line."""
    status, progress = str(body["status"]), body["progress"]
    name = _name(body, locale)
    message = body.get("message") or body.get("current_status")
    error = body.get("error_message")
    shown = _STATUSES[locale].get(status, status)
    if still := still_runs(body):
        cancel, end, goes_on, on = _STILL_RUNS[locale]
        ended = end if body["control"]["action"] == "end" else cancel
        where = on.format(body["worker"]) if body.get("worker") else ""
        shown, message = f"{ended}{goes_on}{where}", None
    share = f"{progress['percentage']}%"
    # A bar without a value is one with an unknown end.
    unknown = status == "running" and not progress["total"]
    value = "" if unknown else f' value="{progress["percentage"]}"'
    parts = [
        f'<strong class="name">{_line(name)}</strong>',
        f'<span class="status">{_line(shown)}</span>',
        f'<progress max="100"{value} aria-label="{_line(name)}">{share}</progress>',
        f'<span class="figures">{_line(_figures(progress, share))}</span>',
        f'<p class="message">{_line(message)}</p>' if message else "",
        f'<p class="problem">{_line(error)}</p>' if error and error != message else "",
    ]
    final = "true" if body.get("final") and not still else "false"
    data = f'data-status="{_line(status)}" data-final="{final}"'
    return f'<div class="task-progress" {data}>{"".join(parts)}</div>'


def in_place_of(answer: Response, headers: dict[bytes, bytes], locale: Locale) -> Response:
    """The response with the fragment of a body; at the end its status stops htmx's polling."""
    body: dict[str, Any] = json.loads(bytes(answer.body))
    over = body.get("final") and not still_runs(body)
    status = _ENDS_POLL if over and headers.get(b"hx-request") == b"true" else 200
    return Response(fragment(body, locale), status, HEADERS, "text/html")


def _name(body: dict[str, Any], locale: Locale) -> str:
    if "counts" in body:
        return str(body.get("name") or _WORKFLOW[locale])
    return " ".join(str(part) for part in (body.get("task_type"), body.get("symbol")) if part)


def _figures(progress: dict[str, Any], share: str) -> str:
    current, total = progress["current"], progress["total"]
    if total:
        return f"{share} · {current:,} / {total:,}"
    return f"{current:,}" if current else ""


def _line(text: Any) -> str:
    """A text as HTML, in one line: a line's end would end an event's."""
    return escape(" ".join(str(text).split()))
