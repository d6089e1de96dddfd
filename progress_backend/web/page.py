"""The live page: a few static files, which read the API beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from .guard import GuardedRoute

page_router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

_FOLDER: Final = Path(__file__).parent / "static"
_FILES: Final = StaticFiles(directory=_FOLDER)
#: Nothing but these files and this service: no script of anybody else can run in the page.
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    # Asked for again each time: page and service always fit together.
    "Cache-Control": "no-cache",
}


@page_router.get("/")
async def page(request: Request) -> HTMLResponse:
    """The live page."""
    html = (_FOLDER / "index.html").read_text(encoding="utf-8")
    return HTMLResponse(html.replace("{{docs}}", _docs(request)), headers=HEADERS)


@page_router.get("/static/{name}")
async def static(request: Request, name: str) -> Response:
    """The page's styles and scripts."""
    if not name.endswith((".css", ".js")):
        raise HTTPException(404)
    response = await _FILES.get_response(name, request.scope)
    response.headers.update(HEADERS)
    return response


def _docs(request: Request) -> str:
    """The API's description as seen from the page, behind any proxy; "" if there is none."""
    if request.app.docs_url is None:
        return ""
    path: str = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    return "../" * (path.count("/") - 1) + str(request.app.docs_url).lstrip("/")
