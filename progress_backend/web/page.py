"""The live page: static files, which this process keeps in memory; their script reads the API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from gzip import compress
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from ..record.default_texts import Locale, wished
from .route_table import route
from .state import access_of
from .stored_answer import takes_gzip
from .strict_route import StrictRoute

#: The live page at `/` and its static files, for a FastAPI application of your own; under the same
#: prefix as `router`, which the page reads.
page_router = APIRouter(include_in_schema=False, route_class=StrictRoute)

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css", ".js": "text/javascript"}
#: The page may load these files and call this service, nothing else: no foreign script can run in
#: it.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    # Revalidated at each load, so that page and service are of one version.
    "Cache-Control": "no-cache",
}


#: The scripts of <task-progress> and <task-list>, and what lets a page of any origin load them:
#: they contain no data.
ELEMENT, LIST_ELEMENT = "task-progress.js", "task-list.js"
ANYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


#: Reads the list that the page shows first, where nothing is chosen and no token is to be sent: its
#: answer is there when the page's script is.
_FIRST_READ: Final = (
    'firstRead = { url: "internal/tasks?page=1&sort=running&limit=20&top=true" }; '
    "firstRead.answer = fetch(firstRead.url, { signal: AbortSignal.timeout(10_000) })"
    ".then(async (read) => [read, await read.json()]).catch(() => null);"
)
_ITS_HASH: Final = base64.b64encode(hashlib.sha256(_FIRST_READ.encode()).digest()).decode()
_PAGE_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "script-src 'self'", f"script-src 'self' 'sha256-{_ITS_HASH}'"
    ),
}

_UNKNOWN: Final[dict[Locale, dict[str, str]]] = {
    "en": {"unknown": "There is no page at this address", "back": "← All tasks"},
    "ja": {"unknown": "このアドレスのページはありません", "back": "← タスク一覧"},
}


@page_router.get("/")
@route("The live page", None, {})
async def page(request: Request) -> Response:
    """The live page."""
    settings = access_of(request.scope).settings
    known = settings.tokens or settings.tokens_file or request.query_params.keys() - {"lang"}
    file = _page(not known, _given(request))
    return file.answer(request, _PAGE_HEADERS)


@lru_cache(maxsize=16)
def _page(reads_first: bool, given: tuple[tuple[str, str], ...]) -> StaticFile:
    """The live page of a service with these settings."""
    first = f"<script>{_FIRST_READ}</script>\n" if reads_first else ""
    html = _html("index").replace("{{first-read}}", first)
    filled = _filled(html, ("path", "internal/tasks"), *given)
    return StaticFile("text/html; charset=utf-8", filled.encode())


@lru_cache
def _html(name: str) -> str:
    """A page's HTML, with the parts that all pages have."""
    html = (_FOLDER / f"{name}.html").read_text(encoding="utf-8")
    for part in ("header", "dialogs"):
        html = html.replace(f"{{{{{part}}}}}", (_FOLDER / f"{part}.html").read_text("utf-8"))
    return html


def _given(request: Request) -> tuple[tuple[str, str], ...]:
    """What the pages have from the settings, and whether jobs are started here."""
    settings = access_of(request.scope).settings
    return (
        ("start", "yes" if getattr(request.app.state, "progress_start", False) else ""),
        ("read-only", "yes" if settings.read_only else ""),
        ("trace", settings.trace_url),
        ("flower", settings.flower_url.rstrip("/")),
        ("title-color", settings.title_color),
        ("title", settings.title),
    )


def _filled(html: str, *given: tuple[str, str]) -> str:
    """The HTML with these texts in the places of their names."""
    for name, value in given:
        html = html.replace(f"{{{{{name}}}}}", escape(value))
    return html


@page_router.get("/task/{task_id:path}")
@route("The page of a task", None, {})
async def task_page(request: Request, task_id: str) -> HTMLResponse:
    """The page of one task."""
    return _record(request, "task", task_id)


@page_router.get("/workflow/{workflow_id:path}")
@route("The page of a workflow", None, {})
async def workflow_page(request: Request, workflow_id: str) -> HTMLResponse:
    """The page of one workflow."""
    return _record(request, "workflow", workflow_id)


def _record(request: Request, kind: str, its_id: str) -> HTMLResponse:
    """The page of one record; it contains no data of the record, its script reads that with a
    token."""
    base = _up(request, its_id)
    path = ("path", f"{base}internal/{kind}/{quote(its_id, safe='')}/status")
    about = (path, ("base", base), ("kind", kind), *_given(request), ("id", its_id))
    return HTMLResponse(_filled(_html("record"), *about), headers=HEADERS)


def _up(request: Request, its_id: str) -> str:
    """Relative URL of the live page from that of a record: for a browser a slash within an id is
    one of the path, unless it is written as %2F."""
    before: int = request.scope["path"].removesuffix(its_id).count("/")
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return "../" * max(raw.partition(b"?")[0].count(b"/") - before + 1, 1)


@page_router.get("/static/{name}")
@route("Styles and scripts of the page", None, {})
async def static(request: Request, name: str) -> Response:
    """The page's styles and scripts; the elements' are for pages of any origin."""
    if name in (ELEMENT, LIST_ELEMENT):
        return of_folder(_FOLDER)[name].answer(request, {**HEADERS, **ANYWHERE})
    return static_answer(request, _FOLDER, name)


def static_answer(request: Request, folder: Path, name: str) -> Response:
    """The response with a style sheet or script of a folder."""
    if (file := of_folder(folder).get(name)) is None:
        raise HTTPException(404)
    return file.answer(request, HEADERS)


async def unknown(request: Request, error: Exception) -> Response:
    """The answer of an application where no route is: a page that leads back, for a browser."""
    assert isinstance(error, AnyHTTPException)
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return await http_exception_handler(request, error)
    settings, path = access_of(request.scope).settings, request.scope["path"]
    lang = wished(request.headers.get("accept-language")) or settings.locale
    base = "../" * (path.removeprefix(request.scope.get("root_path", "")).count("/") - 1)
    about = {"lang": lang, "base": base or "./", **_UNKNOWN[lang]}
    html = _filled(_html("unknown"), *about.items(), *_given(request))
    return HTMLResponse(html, 404, headers=HEADERS)


class StaticFile:
    """A file's bytes, also gzipped, with the ETag of what they are: no request waits for a disk or
    a thread. 33 of them cost 10 ms of the process, Starlette's StaticFiles with GZipMiddleware 46.

    Args:
        media_type: the Content-Type of its response.
        content: its bytes.
    """

    def __init__(self, media_type: str, content: bytes) -> None:
        self._media_type = media_type
        self._content = content
        self._tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    @cached_property
    def _packed(self) -> bytes:
        return compress(self._content, mtime=0)

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The response with the file, gzipped if that is accepted: a third of its bytes; 304 for a
        client that has it."""
        packed = takes_gzip(request.headers)
        # Weak: the same file in other bytes.
        tag = f"W/{self._tag}" if packed else self._tag
        headers = {**headers, "Vary": "Accept-Encoding", "ETag": tag}
        asked = request.headers.get("If-None-Match", "")
        if asked.removeprefix("W/") == self._tag:
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        content = self._packed if packed else self._content
        return Response(content, media_type=self._media_type, headers=headers)


@lru_cache
def of_folder(folder: Path) -> Mapping[str, StaticFile]:
    """The style sheets and scripts of a folder, by their names; read once."""
    return {
        file.name: StaticFile(_TYPES[file.suffix], file.read_bytes())
        for file in folder.iterdir()
        if file.suffix in _TYPES
    }
