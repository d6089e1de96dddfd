"""The export of a chatbot's sessions as CSV: the job writes a file and gives a link to it."""

import csv
import os
import tempfile
import time
from pathlib import Path

from celery import Celery
from itsdangerous import URLSafeTimedSerializer

from progress_backend import ProgressNotifier, install, progress_task

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
app = install(Celery("jobs", broker=REDIS, backend=REDIS))

#: Where the files are; a site of several machines has a bucket here.
FOLDER = Path(tempfile.gettempdir()) / f"exports-{os.getuid()}"
EXPIRES_S = 24 * 3600
signer = URLSafeTimedSerializer(
    os.environ.get("EXPORTS_KEY", "only for this example"), salt="exports"
)


@app.task(bind=True)
@progress_task(
    task_type="export_chat",
    symbol=lambda user, chatbot, sessions=40: chatbot,
    owner=lambda user, chatbot, sessions=40: user,
)
def export_chat(self, user, chatbot, sessions=40):
    progress = ProgressNotifier(self)
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    name = f"{self.request.id}.csv"  # a retry writes the same file
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["session", "participant", "message"])
        for number in progress.track(range(1, sessions + 1)):
            time.sleep(0.05)  # read one session
            table.writerow([number, f"participant {number % 7}", f"message of session {number}"])
    progress.link(f"/files/{signer.dumps(name)}", f"{chatbot}.csv", expires_in=EXPIRES_S)
    return {"sessions": sessions}
