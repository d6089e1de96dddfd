"""Settings of the site; where its servers are comes from the environment, as a worker's."""

import os

SECRET_KEY = "only for the tests"
USE_TZ = os.environ.get("SITE_USE_TZ", "1") == "1"
TIME_ZONE = "Asia/Tokyo"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
BACKEND = "progress_backend.django.CeleryBackend"
TASKS = {
    **(
        {"broken": {"BACKEND": "tests.django.broken.Backend"}}
        if "SITE_BROKEN" in os.environ
        else {}
    ),
    "default": {"BACKEND": BACKEND, "QUEUES": ["default", "other"]},
    "second": {"BACKEND": BACKEND, "QUEUES": []},
}
CELERY_BROKER_URL = os.environ["CELERY_BROKER_URL"]
CELERY_RESULT_BACKEND = os.environ.get("CELERY_RESULT_BACKEND")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_PROGRESS_UPDATE_INTERVAL_S = 0
CELERY_PROGRESS_LOCALE = "en"
