"""The API with pages of a site beside its own, as a process, for `live_page`.

`/empty` asks for the list as the live page does and shows its first row: less cannot be done.
`/element/ID` has `<task-progress>` alone.
"""

import sys

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse

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
_ELEMENT = """<script type="module" src="/static/task-progress.js"></script>
<task-progress task-id="{task_id}"></task-progress>"""


def app(url: str) -> FastAPI:
    """The API over a store, and the pages."""
    made = FastAPI(docs_url=None)
    made.state.progress_settings = Settings(redis_url=url)
    for part in (router, page_router):
        made.include_router(part)

    @made.get("/empty")
    async def empty() -> HTMLResponse:
        return HTMLResponse(_HEAD + _EMPTY)

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
