"""The API with pages of a site beside its own, as a process, for `live_page`.

`/empty` asks for the list as the live page does and shows its first row: less cannot be done.
`/bare` does the same with the live page's style sheet and a script in a file of its own: no page
that has both can be faster.
`/still` has the live page's first frame as HTML, of which it shows the rows once its one fetch,
which it begins with, is answered: about the least that a page of that look takes.
`/element/ID` has `<task-progress>` alone.
"""

from __future__ import annotations

import re
import sys

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from progress_backend.settings import Settings
from progress_backend.web import page_router, router
from progress_backend.web.server.serve import OPTIONS, bound, connection_classes

_HEAD = '<!doctype html><meta charset="utf-8"><title>A shop</title><link rel="icon" href="data:,">'
_SCRIPT = """
const answer = await fetch("/internal/tasks?top=true&limit=20");
const { tasks } = await answer.json(), place = document.querySelector("p");
place.textContent = tasks[0].current_status;
place.dataset.taskId = tasks[0].task_id;
"""
_EMPTY = f'<p></p><script type="module">{_SCRIPT}</script>'
_BARE = (
    '<link rel="stylesheet" href="/static/page.css"><p></p>'
    '<script type="module" src="/bare.js"></script>'
)
_ASK = 'asked = fetch("/internal/tasks?top=true&limit=20");'
_STILL = """
const { tasks } = await (await asked).json();
for (const part of document.querySelectorAll("header, main")) part.hidden = false;
const rows = document.querySelector("#rows").content;
rows.querySelector("tr").dataset.taskId = tasks[0].task_id;
document.querySelector("#table").append(rows);
"""
_ROWS = re.compile(r"<tbody.*</tbody>", re.DOTALL)
_ELEMENT = """<script type="module" src="/static/task-progress.js"></script>
<task-progress task-id="{task_id}"></task-progress>"""


def still(drawn: str) -> str:
    """The page that shows the rows of a drawn page's document once its one fetch is answered."""
    document = re.sub(r"<script.*?</script>", "", drawn, flags=re.DOTALL)
    (rows,) = _ROWS.findall(document)
    for part in ("header", "main"):
        document = document.replace(f"<{part}>", f"<{part} hidden>")
    document = document.replace("<head>", f"<head><script>{_ASK}</script>")
    rows = f'<template id="rows">{rows}</template>'
    script = f'<script type="module">{_STILL}</script>'
    return f"<!doctype html>{_ROWS.sub('', document)}{rows}{script}"


def app(url: str) -> FastAPI:
    """The API over a store, and the pages."""
    made = FastAPI(docs_url=None)
    made.state.progress_settings = Settings(redis_url=url)
    for part in (router, page_router):
        made.include_router(part)

    @made.get("/empty")
    async def empty() -> HTMLResponse:
        return HTMLResponse(_HEAD + _EMPTY)

    @made.get("/bare")
    async def bare() -> HTMLResponse:
        return HTMLResponse(_HEAD + _BARE)

    @made.get("/bare.js")
    async def bare_script() -> Response:
        return Response(_SCRIPT, media_type="text/javascript")

    @made.put("/still")
    async def drawn(request: Request) -> None:
        made.state.still = still((await request.body()).decode())

    @made.get("/still")
    async def still_page() -> HTMLResponse:
        return HTMLResponse(made.state.still)

    @made.get("/element/{task_id}")
    async def element(task_id: str) -> HTMLResponse:
        return HTMLResponse(_HEAD + _ELEMENT.format(task_id=task_id))

    return made


def main(url: str) -> None:
    """Serves on a free port, and says its address."""
    listening = bound("127.0.0.1", 0)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app(url), **{**OPTIONS, **connection_classes()})
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(sys.argv[1])
