"""`/docs`: the API's description, drawn by Swagger UI, which a browser loads from a public network.

FastAPI's own page is blank where that network cannot be reached, and finds no description behind a
proxy that gives the service a path of its own.
"""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from .guard import GuardedRoute

described_router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

PATH: Final = "/docs"
_PLACE: Final = '<div id="swagger-ui">'
#: Swagger UI puts itself in its place.
_UNTIL_DRAWN: Final = (
    '<p style="max-width: 40rem; margin: 4rem auto; font: 1rem/1.5 system-ui, sans-serif">'
    "Swagger UI draws this page; your browser loads it from cdn.jsdelivr.net. Where that cannot be "
    'reached, read the description itself: <a href="openapi.json">openapi.json</a>.</p>'
)


@described_router.get(PATH)
async def description(request: Request) -> HTMLResponse:
    """The page of the API's description."""
    drawn = get_swagger_ui_html(openapi_url="openapi.json", title=request.app.title)
    before, place, after = bytes(drawn.body).decode().partition(_PLACE)
    return HTMLResponse(f"{before}{place}{_UNTIL_DRAWN}{after}")
