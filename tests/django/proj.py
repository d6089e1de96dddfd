"""The site's Celery app, as Celery's guide for Django has it."""

from celery import Celery

from progress_backend import install, progress_task

app = Celery("proj", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
install(app)


@app.task(name="this.s")
@progress_task(start=True)
def startable() -> None:
    """Other programs may start it; its message is kept, too."""
