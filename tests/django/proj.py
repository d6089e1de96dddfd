"""The site's Celery app, as Celery's guide for Django has it."""

from celery import Celery

from progress_backend import install

app = Celery("proj", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
install(app)
