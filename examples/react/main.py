"""The API, and the files of a page in React."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from tasks import app as celery_app
from tasks import export

from progress_backend import settings_of
from progress_backend.web import page_router, router

HERE = Path(__file__).resolve().parent
#: React as one module; in a project of yours it is npm's, and the import map goes.
VENDOR = HERE.parents[1] / "tests" / "browser" / "vendor"

app = FastAPI()
app.state.progress_settings = settings_of(celery_app)
app.include_router(router, prefix="/progress")
app.include_router(page_router, prefix="/progress")  # brings the element's script


@app.post("/start", status_code=202)
def start() -> dict[str, str]:
    return {"task_id": export.delay("React").id}


app.mount("/vendor", StaticFiles(directory=VENDOR))
app.mount("/", StaticFiles(directory=HERE, html=True))
