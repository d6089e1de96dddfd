"""The API in one application with a page of htmx, which needs no script of its own."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.staticfiles import StaticFiles
from tasks import app as celery_app
from tasks import export

from progress_backend import settings_of
from progress_backend.web import router

#: htmx and its extension for event streams.
VENDOR = Path(__file__).resolve().parents[2] / "tests" / "browser" / "vendor"

app = FastAPI()
app.state.progress_settings = settings_of(celery_app)
app.include_router(router)
app.mount("/vendor", StaticFiles(directory=VENDOR))

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Export</title>
<link rel="icon" href="data:,">
<script src="/vendor/htmx.min.js"></script><script src="/vendor/sse.min.js"></script>
<button hx-post="/start" hx-target="main">Export</button>
<main></main></html>"""
BAR = """<div hx-ext="sse" sse-connect="/internal/task/{id}/events?events=html"
     sse-swap="progress,end" sse-close="end"></div>"""


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return PAGE


@app.post("/start", response_class=HTMLResponse)
def start() -> str:
    return BAR.format(id=export.delay("htmx").id)
