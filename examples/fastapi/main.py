"""The API as a router of a FastAPI application, and a page that starts a job and shows it."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from tasks import app as celery_app
from tasks import export

from progress_backend import settings_of
from progress_backend.web import page_router, router

app = FastAPI()
app.state.progress_settings = settings_of(celery_app)
app.state.progress_celery_app = celery_app  # lets a cancel end a process
app.include_router(router, prefix="/progress")
app.include_router(page_router, prefix="/progress")  # the live page: /progress/

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Export</title>
<link rel="icon" href="data:,">
<script type="module" src="/progress/static/task-progress.js"></script>
<button>Export</button> <task-progress></task-progress> <output></output>
<script>
document.querySelector("button").onclick = async () => {
  const answer = await fetch("/start", { method: "POST" });
  document.querySelector("task-progress").setAttribute("task-id", (await answer.json()).task_id);
};
addEventListener("end", ({ detail }) => { document.querySelector("output").value = detail.status; });
</script></html>"""


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return PAGE


@app.post("/start", status_code=202)
def start() -> dict[str, str]:
    return {"task_id": export.delay("FastAPI").id}
