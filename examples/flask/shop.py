"""A Flask site without any API beside it: its own view reads the record, its page asks that."""

from flask import Flask
from tasks import app as celery_app
from tasks import export

from progress_backend import get_task

app = Flask(__name__)

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Export</title>
<link rel="icon" href="data:,">
<button>Export</button> <progress max="100" value="0"></progress> <output></output>
<script>
document.querySelector("button").onclick = async () => {
  const { task_id } = await (await fetch("/start", { method: "POST" })).json();
  const read = async () => {
    const task = await (await fetch(`/status/${task_id}`)).json();
    document.querySelector("progress").value = task.progress.percentage;
    document.querySelector("output").value = task.final ? task.status : task.current_status;
    if (!task.final) setTimeout(read, 500);
  };
  read();
};
</script></html>"""


@app.get("/")
def page():
    return PAGE


@app.post("/start")
def start():
    return {"task_id": export.delay("Flask").id}, 202


@app.get("/status/<task_id>")
def status(task_id):
    body = get_task(celery_app, task_id)  # one read; None if there is no such task
    return body or ({"detail": "no such task"}, 404)
