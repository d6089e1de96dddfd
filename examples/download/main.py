"""A site where a user starts an export, may leave the page, and takes the file away later."""

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse
from itsdangerous import BadSignature, SignatureExpired
from jobs import EXPIRES_S, FOLDER, export_chat, signer
from jobs import app as celery_app

from progress_backend import settings_of
from progress_backend.web import page_router, router

USER = "alice"  # a real site has it from its session

app = FastAPI()
app.state.progress_settings = settings_of(celery_app)
app.state.progress_authorize = lambda request, action, resource: USER  # her jobs and no others
app.include_router(router, prefix="/progress")
app.include_router(page_router, prefix="/progress")  # brings the elements' scripts

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Export</title>
<link rel="icon" href="data:,">
<script type="module" src="/progress/static/task-list.js"></script>
<button>Export</button> <task-progress hidden></task-progress>
<h2>Your exports</h2> <task-list owner="USER"></task-list>
<script>
document.querySelector("button").onclick = async () => {
  const answer = await fetch("/start", { method: "POST" });
  const bar = document.querySelector("task-progress");
  bar.setAttribute("task-id", (await answer.json()).task_id);
  bar.hidden = false;
};
</script></html>"""


@app.get("/", response_class=HTMLResponse)
def page() -> str:
    return PAGE.replace("USER", USER)


@app.post("/start", status_code=202)
def start() -> dict[str, str]:
    return {"task_id": export_chat.delay(USER, "Clinic bot").id}


@app.get("/files/{signed}")
def file(signed: str) -> FileResponse:
    try:
        name = signer.loads(signed, max_age=EXPIRES_S)
    except SignatureExpired:
        raise HTTPException(410, "this link has expired") from None
    except BadSignature:
        raise HTTPException(404, "no such file") from None
    if not (FOLDER / name).exists():
        raise HTTPException(410, "this file was deleted")
    return FileResponse(FOLDER / name, media_type="text/csv", filename="export.csv")
