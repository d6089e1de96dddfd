"""The live page: static files whose script reads the API."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from gzip import compress
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from ..record import default_texts
from .guard import GuardedRoute
from .gzip_answer import accepts_gzip
from .state import is_read_only

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


#: The scripts of <task-progress>, and what lets a page of any origin load them: they hold nothing
#: of anybody.
ELEMENT: Final = frozenset(
    f"{name}.js"
    for name in (
        *("task-progress", "element_style", "feed", "moment"),
        *("remaining", "texts", "translated", "words"),
    )
)
ANYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@page_router.get("/")
async def page(request: Request) -> HTMLResponse:
    """The live page."""
    html = (_FOLDER / "index.html").read_text(encoding="utf-8")
    html = html.replace("{{docs}}", _docs(request))
    html = html.replace("{{read-only}}", "yes" if is_read_only(request.scope) else "")
    return HTMLResponse(html, headers=HEADERS)


def _texts() -> str:
    """The default texts as a JavaScript module: the page translates them as the terminal does."""
    texts = default_texts.described()
    named = {name.upper(): json.dumps(of, ensure_ascii=False) for name, of in texts.items()}
    return "".join(f"export const {name} = {of};\n" for name, of in named.items())


_TEXTS: Final = _texts().encode()
_TEXTS_TAG: Final = f'"{hashlib.sha256(_TEXTS).hexdigest()[:32]}"'


@page_router.get("/static/texts.js")
async def texts(request: Request) -> Response:
    """The default texts of records, for the page."""
    headers = {**HEADERS, **ANYWHERE, "ETag": _TEXTS_TAG}
    if request.headers.get("If-None-Match") == _TEXTS_TAG:
        return Response(status_code=304, headers=headers)
    return Response(_TEXTS, media_type="text/javascript", headers=headers)


@page_router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """The page's styles and scripts, gzipped if that is accepted: a third of their bytes."""
    response = await styles_or_script(_FILES, name, request)
    open_to_all = ANYWHERE if name in ELEMENT else {}
    response.headers.update({**open_to_all, "Vary": "Accept-Encoding"})
    accepted = accepts_gzip(request.headers.get("Accept-Encoding", ""))
    if not accepted or not isinstance(response, FileResponse):
        return response
    packed = _packed(name, (_FOLDER / name).stat().st_mtime_ns)
    # Weak: the same file in other bytes.
    tag = "W/" + response.headers["ETag"]
    packing = {"Vary": "Accept-Encoding", "Content-Encoding": "gzip", "ETag": tag}
    headers = {**HEADERS, **open_to_all, **packing}
    return Response(packed, headers=headers, media_type=response.media_type)


@lru_cache(maxsize=32)
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
