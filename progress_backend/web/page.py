"""The live page: static files whose script reads the API."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from gzip import compress
from html import escape
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from ..record import default_texts
from .element_script import element_script
from .guard import GuardedRoute
from .gzip_answer import accepts_gzip
from .joined_script import joined_script
from .state import settings_in

#: The live page at `/` and its static files, for a FastAPI application of your own; under the same
#: prefix as `router`, which the page reads.
page_router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

_FOLDER: Final = Path(__file__).parent / "static"
_FILES: Final = StaticFiles(directory=_FOLDER)
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


#: The script of <task-progress>, and what lets a page of any origin load it: it holds nothing of
#: anybody.
ELEMENT: Final = "task-progress.js"
ANYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


#: The list that the script asks for first, where nothing is chosen and no token is to be sent: so
#: that it is on its way while the script is read.
_FIRST_READ: Final = (
    '<link rel="preload" as="fetch" crossorigin '
    'href="internal/tasks?page=1&amp;limit=20&amp;top=true">\n'
)


@page_router.get("/")
async def page(request: Request) -> Response:
    """The live page."""
    html = (_FOLDER / "index.html").read_text(encoding="utf-8")
    html = html.replace("{{docs}}", _docs(request))
    settings = settings_in(request.scope)
    known = settings.tokens or settings.tokens_file or request.query_params.keys() - {"lang"}
    html = html.replace("{{first-read}}", "" if known else _FIRST_READ)
    html = html.replace("{{read-only}}", "yes" if settings.read_only else "")
    html = html.replace("{{trace}}", escape(settings.trace_url))
    if not accepts_gzip(request.headers.get("Accept-Encoding", "")):
        return HTMLResponse(html, headers={**HEADERS, "Vary": "Accept-Encoding"})
    packing = {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    return HTMLResponse(compress(html.encode(), mtime=0), headers={**HEADERS, **packing})


@page_router.get("/task/{task_id:path}")
async def task_page(request: Request, task_id: str) -> HTMLResponse:
    """The page of one task."""
    return _record(request, "task", task_id)


@page_router.get("/workflow/{workflow_id:path}")
async def workflow_page(request: Request, workflow_id: str) -> HTMLResponse:
    """The page of one workflow."""
    return _record(request, "workflow", workflow_id)


def _record(request: Request, kind: str, its_id: str) -> HTMLResponse:
    """The page of one record; it tells nothing of it, its script reads that with a token."""
    html = (_FOLDER / "record.html").read_text(encoding="utf-8")
    settings = settings_in(request.scope)
    given = {
        "base": _up(request, its_id),
        "kind": kind,
        "read-only": "yes" if settings.read_only else "",
        "trace": settings.trace_url,
        "flower": settings.flower_url.rstrip("/"),
        "id": its_id,
    }
    for name, value in given.items():
        html = html.replace(f"{{{{{name}}}}}", escape(value))
    return HTMLResponse(html, headers=HEADERS)


def _up(request: Request, its_id: str) -> str:
    """Relative URL of the live page from that of a record: for a browser a slash within an id is
    one of the path, unless it is written as %2F."""
    before: int = request.scope["path"].removesuffix(its_id).count("/")
    raw: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    return "../" * max(raw.partition(b"?")[0].count(b"/") - before + 1, 1)


def _texts() -> str:
    """The default texts as a JavaScript module: the page translates them as the terminal does."""
    texts = default_texts.described()
    named = {name.upper(): json.dumps(of, ensure_ascii=False) for name, of in texts.items()}
    return "".join(f"export const {name} = {of};\n" for name, of in named.items())


def _module(name: str) -> str:
    """The text of a module of the folder, or of the default texts'."""
    return _texts() if name == "texts" else (_FOLDER / f"{name}.js").read_text(encoding="utf-8")


class _Made:
    """A script that no file holds, gzipped where that is accepted."""

    def __init__(self, script: bytes) -> None:
        self._script = script
        self._packed = compress(script, mtime=0)
        self._tag = f'"{hashlib.sha256(script).hexdigest()[:32]}"'

    def answer(self, request: Request, more: dict[str, str]) -> Response:
        """The response with the script; 304 for who has it."""
        packed = accepts_gzip(request.headers.get("Accept-Encoding", ""))
        tag = f"W/{self._tag}" if packed else self._tag  # weak: the same script in other bytes
        headers = {**HEADERS, **more, "Vary": "Accept-Encoding", "ETag": tag}
        asked = request.headers.get("If-None-Match", "")
        if asked.removeprefix("W/") == self._tag:
            return Response(status_code=304, headers=headers)
        if packed:
            headers["Content-Encoding"] = "gzip"
        script = self._packed if packed else self._script
        return Response(script, media_type="text/javascript", headers=headers)


def element_module() -> bytes:
    """The script of `<task-progress>`, without anything else."""
    return element_script(_FOLDER, _texts())


_TEXTS: Final = _Made(_texts().encode())
_ELEMENT: Final = _Made(element_module())
#: Each page's script, by its file's name.
_PAGES: Final = {
    f"{entry}.js": _Made(joined_script(entry, _module)) for entry in ("page", "record")
}


@page_router.get("/static/texts.js")
async def texts(request: Request) -> Response:
    """The default texts of records, for the page."""
    return _TEXTS.answer(request, {})


@page_router.get(f"/static/{ELEMENT}")
async def element(request: Request) -> Response:
    """The script of `<task-progress>`, for pages of any origin."""
    return _ELEMENT.answer(request, ANYWHERE)


@page_router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """The page's styles and scripts, gzipped if that is accepted: a third of their bytes."""
    if name in _PAGES:
        return _PAGES[name].answer(request, {})
    response = await styles_or_script(_FILES, name, request)
    response.headers.update({"Vary": "Accept-Encoding"})
    accepted = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    if not accepted or not isinstance(response, FileResponse):
        return response
    packed = _packed(name, (_FOLDER / name).stat().st_mtime_ns)
    # Weak: the same file in other bytes.
    tag = "W/" + response.headers["ETag"]
    packing = {"Vary": "Accept-Encoding", "Content-Encoding": "gzip", "ETag": tag}
    headers = {**HEADERS, **packing}
    return Response(packed, headers=headers, media_type=response.media_type)


@lru_cache(maxsize=64)
def _packed(name: str, _changed_ns: int) -> bytes:
    """A file of the folder, gzipped; once for each of its states."""
    return compress((_FOLDER / name).read_bytes(), mtime=0)


async def styles_or_script(files: StaticFiles, name: str, request: Request) -> Response:
    """A page's file by its name, with the page's headers.

    Raises:
        HTTPException: 404, the name is not that of a style sheet or script of the folder.
    """
    if not name.endswith((".css", ".js")):
        raise HTTPException(404)
    response = await files.get_response(name, request.scope)
    response.headers.update(HEADERS)
    return response


def _docs(request: Request) -> str:
    """Relative URL of the API's description, correct behind any proxy; "" if there is none."""
    if request.app.docs_url is None:
        return ""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return "../" * (path.count("/") - 1) + str(request.app.docs_url).lstrip("/")
