"""`/docs`: the API's description, shown by the Swagger UI that fastapi-swagger brings.

FastAPI's own page loads Swagger UI from a public network, which may be out of reach, and runs its
script in the page; and it finds no description behind a proxy with a path prefix.
"""

from __future__ import annotations

import html
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse

from ..page import HEADERS, static_answer
from ..route_table import route
from ..strict_route import StrictRoute

described_router = APIRouter(include_in_schema=False, route_class=StrictRoute)

PATH: Final = "/docs"
_FILES: Final = Path(str(files("fastapi_swagger"))) / "resources"
_SCRIPT: Final = """SwaggerUIBundle({
  url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
});
"""
#: All URLs are relative, so that the page works under any prefix.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script defer src="docs/swagger-ui-bundle.js"></script>
<script defer src="docs/docs.js"></script>
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> does not.</noscript>
</body>
</html>
"""


@described_router.get(PATH)
@route("The page of the description", None, {})
async def description(request: Request) -> HTMLResponse:
    """The page of the API's description."""
    return HTMLResponse(_PAGE.format(title=html.escape(request.app.title)), headers=HEADERS)


@described_router.get(f"{PATH}/{{name}}")
@route("Styles and scripts of that page", None, {})
async def file(request: Request, name: str) -> Response:
    """The page's styles and scripts."""
    if name == "docs.js":
        return Response(_SCRIPT, media_type="text/javascript", headers=HEADERS)
    return static_answer(request, _FILES, name)
